"""A line of a few quarters, as SVG that stands in the page: no script, described in words."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT, EDGE = 120, 32, 3


def sparkline(trend: Sequence[Sequence[object]], described: str, name: str) -> str:
    """The line through figures by quarter, None where one is not told; "" for fewer than two.

    `described` says what it shows, for those who do not see it; `name` keeps ids apart. Everything is escaped.
    """
    known = [(place, float(str(value))) for place, (_, value) in enumerate(trend) if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(value for _, value in known), max(value for _, value in known)
    step = (WIDTH - 2 * EDGE) / (len(trend) - 1)
    scale = (HEIGHT - 2 * EDGE) / (high - low) if high > low else 0.0
    middle = HEIGHT / 2 if high == low else HEIGHT - EDGE
    at = {place: (EDGE + place * step, middle - (value - low) * scale) for place, value in known}
    runs: list[list[int]] = []
    for place in at:  # a quarter that is not told leaves a gap
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    paths = "".join(
        f'<polyline points="{" ".join(f"{at[place][0]:.1f},{at[place][1]:.1f}" for place in run)}"/>'
        for run in runs
        if len(run) > 1
    )
    x, y = at[known[-1][0]]
    mark = escape(f"spark-{name}")
    return (
        f'<svg class="spark" role="img" aria-labelledby="{mark}" preserveAspectRatio="xMinYMid meet" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
        f'<title id="{mark}">{escape(described)}</title>{paths}'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5"/></svg>'
    )
