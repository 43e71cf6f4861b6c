"""The lights of the last report, and what has become of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.kpi.comparison.lights import BETTER, CHANGED, WORSE
from crm_analysis.kpi.values import COMPANY
from crm_analysis.report.since.packs import Pack

if TYPE_CHECKING:
    import pandas as pd

LIT = (BETTER, WORSE, CHANGED)
COLUMNS = ("kpi", "kpi_code", "dimension", "group", "against", "light_code", "now_said")


def lights(now: Pack, before: Pack) -> pd.DataFrame:
    """The company's lights that were lit then, or are now: kpi, against, light_then, light_now, said_then, said_now.

    Lights are codes, "" where a report does not tell the figure. Raises BookError where a report has no cells, or
    (an older one) no codes in them.
    """
    import pandas as pd

    sides = {}
    for side, one in (("then", before), ("now", now)):
        table = one.table("kpi_cells", *COLUMNS)
        own = table[table["dimension"] == COMPANY].set_index(["kpi_code", "against"])
        sides[side] = own[["kpi", "light_code", "now_said"]]
    both = sides["now"].join(sides["then"], how="outer", lsuffix="_now", rsuffix="_then")
    rows = both[both["light_code_then"].isin(LIT) | both["light_code_now"].isin(LIT)].reset_index()
    return pd.DataFrame(
        {
            "kpi": rows["kpi_now"].fillna(rows["kpi_then"]),
            "against": rows["against"],
            "light_then": rows["light_code_then"].fillna(""),
            "light_now": rows["light_code_now"].fillna(""),
            "said_then": rows["now_said_then"].fillna(""),
            "said_now": rows["now_said_now"].fillna(""),
        }
    )
