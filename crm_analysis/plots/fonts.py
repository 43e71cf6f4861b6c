"""Fonts in which figures can write the language spoken: matplotlib's own, and behind it one with Chinese letters.

matplotlib's font has no Chinese letters. One that has them comes with the extra `zh`, or is looked for among those
installed. It stands behind the other, so that Latin letters and digits look as they always do.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from crm_analysis.errors import ReportError
from crm_analysis.labels.language import ENGLISH, language

OWN = "DejaVu Sans"
PACKAGE = "noto_cjk_sans_otc"
CHINESE = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Heiti SC",
    "Noto Serif CJK SC",
    "SimSun",
    "Songti SC",
    "Arial Unicode MS",
)


def families() -> list[str]:
    """The fonts for the language spoken, the first one first; ReportError if there is none that can write it."""
    return [OWN] if language() == ENGLISH else [OWN, chinese()]


def heavy() -> str:
    """The weight of titles: bold where every font there has it, or some letters of a line would be and others not."""
    return "bold" if language() == ENGLISH else "normal"


@cache
def chinese() -> str:
    """The name of a font with simplified Chinese letters; ReportError if none is found."""
    from matplotlib.font_manager import fontManager

    package = find_spec(PACKAGE)
    for folder in (package.submodule_search_locations or []) if package else []:
        for path in sorted(Path(folder).glob("*.tt[cf]")):
            fontManager.addfont(path)
    there = {font.name for font in fontManager.ttflist}
    found = next((name for name in CHINESE if name in there), "")
    if not found:
        raise ReportError(
            "figures in Chinese need a font with Chinese letters, and none is installed: run `make zh`, or install one "
            "such as Noto Sans CJK (on Debian the package fonts-noto-cjk)"
        )
    return found
