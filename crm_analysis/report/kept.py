"""Tables that are too long to read on a page: written beside it, and named in one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from crm_analysis.errors import BookError
from crm_analysis.labels import column, label
from crm_analysis.labels.language import PAGE, words
from crm_analysis.report.show import sentence
from crm_analysis.report.tables import write_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from crm_analysis.labels import Kind


def keep(
    frame: Callable[[], pd.DataFrame],
    caption: str,
    name: str,
    tables: str | Path = "",
    kinds: Mapping[str, Kind] | None = None,
) -> None:
    """Write a table as `show` does and say where it is; without a folder nothing is written, and nothing is said.

    A BookError of `frame` says that there is no table: nothing is written either. KeyError: an unlabelled column.
    """
    if not tables:
        return
    try:
        found = frame()
    except BookError:
        return
    caption = words(PAGE, caption)
    known = {str(key): (kinds or {}).get(str(key), column(str(key)).kind) for key in found.columns}
    write_table(found, known, Path(tables), name, caption)
    sentence(label("kept_in_file", caption=caption, rows=f"{len(found):,}", name=name))
