"""What every figure shares: colours, empty axes in the report's style, and small helpers for labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, QUIET, STRONG, PALE = "#1f2933", "#9aa5b1", "#1d5b8f", "#c9d6e2"
COLOURS = (STRONG, "#d98c3f", "#3f8f6b", "#8d5a97", "#b0413e", "#6b7a3a", "#4aa3b5", "#a08563", QUIET)


def axes(title: str, width: float = 7.0, height: float = 3.6) -> Axes:
    """Empty axes in the report's style: `width` x `height` inches, the title to the left."""
    import matplotlib.pyplot as plt

    _, ax = plt.subplots(figsize=(width, height), layout="constrained")
    ax.set_title(title, loc="left", fontsize=11, color=INK, fontweight="bold")
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(QUIET)
    ax.tick_params(colors=INK, labelsize=9)
    return ax


def drawn(name: object, other: object, longest: int = 32) -> str:
    """The name, cut where it is long; the other where there is none, or the font lacks one of its characters."""
    from matplotlib.font_manager import findfont, get_font

    font = get_font(findfont("DejaVu Sans"))
    for words in (name, other):
        line = " ".join(words.split()) if isinstance(words, str) else ""
        if line and all(font.get_char_index(ord(one)) for one in line):
            return line if len(line) <= longest else f"{line[: longest - 1]}…"
    return "?"


def legend(ax: Axes) -> None:
    """In a row below the figure, where it covers neither bars nor title."""
    ax.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(0, -0.1), ncols=3)


def percent(ax: Axes, axis: str) -> None:
    """Whole percents along an axis, x or y."""
    from matplotlib.ticker import PercentFormatter

    getattr(ax, f"{axis}axis").set_major_formatter(PercentFormatter(1, decimals=0))


def short(amount: float) -> str:
    """An amount for an axis: 1.2M, 350k."""
    for size, mark in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(amount) >= size:
            return f"{amount / size:g}{mark}"
    return f"{amount:g}"
