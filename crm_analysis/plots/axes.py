"""What every figure shares: colours, empty axes in the report's style, and small helpers for labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_analysis.labels.language import language
from crm_analysis.plots.fonts import families, heavy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

INK, QUIET, STRONG, PALE = "#1f2933", "#9aa5b1", "#1d5b8f", "#c9d6e2"
COLOURS = (STRONG, "#d98c3f", "#3f8f6b", "#8d5a97", "#b0413e", "#6b7a3a", "#4aa3b5", "#a08563", QUIET)


def axes(title: str, width: float = 7.0, height: float = 3.6) -> Axes:
    """Empty axes in the report's style: `width` x `height` inches, the title to the left."""
    ax: Axes = small_axes(width, height)[0, 0]
    ax.set_title(title, loc="left", fontsize=11, color=INK, fontweight=heavy())
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(QUIET)
    ax.tick_params(colors=INK, labelsize=9)
    return ax


def small_axes(width: float, height: float, rows: int = 1, columns: int = 1) -> NDArray[Any]:
    """Axes in rows and columns, of one figure of `width` x `height` inches, with fonts for the language spoken."""
    import matplotlib.pyplot as plt

    plt.rcParams["font.family"] = families()  # read when a figure is drawn, so it has to stay
    _, found = plt.subplots(rows, columns, figsize=(width, height), layout="constrained", squeeze=False)
    return found


def drawn(name: object, other: object, longest: int = 32) -> str:
    """The name, cut where it is long; the other where there is none, or fonts lack one of its characters."""
    from matplotlib.font_manager import findfont, get_font

    fonts = [get_font(findfont(family)) for family in families()]
    for words in (name, other):
        line = " ".join(words.split()) if isinstance(words, str) else ""
        if line and all(any(font.get_char_index(ord(one)) for font in fonts) for one in line):
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
    for size, mark in language().large:
        if abs(amount) >= size:
            return f"{amount / size:g}{mark}"
    return f"{amount:g}"
