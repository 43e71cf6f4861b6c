"""What notebooks call to show a result: `show`, `figure`, `sentence`, `headline`.

Only HTML made here reaches a page of the report; whatever else a cell displays is reduced to plain
text, so that a name in the data can never run. Everything shown here is escaped. With `tables` (the
folder that the report passes to every notebook) whole tables and headlines are also written as
files; with the default, an empty text, nothing is written and the same is shown.
"""

from __future__ import annotations

import base64
import io
import struct
import unicodedata
import warnings
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_analysis.errors import BookError, Lack
from crm_analysis.labels import CODED, MIXED, Column, Kind, code_said, column, label
from crm_analysis.labels.language import ENGLISH, PAGE, language, sentences
from crm_analysis.labels.language import words as said
from crm_analysis.report.sections import LACK
from crm_analysis.report.tables import write_assumption, write_headline, write_table
from crm_analysis.report.values import NUMERIC, decimals, plain, text, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

TRUSTED = {"crm_analysis": {"trusted": True}}
WHOLE, CUT = 60, 20  # longer tables than the first show as many rows as the second
SHORT = 12  # rows of a table that paper keeps on one page
DPI = 144  # one and a half times a screen's 96: sharp, and some 60 KB a figure


def show(
    frame: pd.DataFrame | Callable[[], pd.DataFrame],
    caption: str,
    name: str = "",
    tables: str | Path = "",
    currency: str = "",
    kinds: Mapping[str, Kind] | None = None,
    missing: str | None = None,
    columns: Sequence[str] = (),
) -> None:
    """Show a table, headings and formats from `labels.COLUMNS`; write all of it if given a folder.

    A named index becomes columns. Tables of more than 60 rows show the first 20 and say so. With
    both `name` and `tables` the whole table is written as `<name>.csv` and `<name>.parquet` (see
    `tables.write_table`). `currency` is named once, with the caption. `kinds` overrides a column's
    kind where its name does not decide it (the ends of an interval). With `columns` the page shows only
    those of them that the table has; the files hold all. With `missing`, a sentence that
    says why there is no table, that sentence is shown instead; a function in place of a table is
    called, and a BookError it raises is such a sentence.
    KeyError: an unlabelled column or code.
    """
    if not missing and callable(frame):
        try:
            frame = frame()
        except BookError as lack:
            missing = Lack(lack)
    if missing or callable(frame):
        _say(missing or "")
        return
    caption = said(PAGE, caption)
    if any(frame.index.names):
        frame = frame.reset_index()
    labelled = {str(c): _column(str(c), kinds or {}) for c in frame.columns}
    frame = frame.set_axis(list(labelled), axis=1)
    saved = bool(name and tables)
    if saved:
        chosen = {key: shown.kind for key, shown in labelled.items()}
        write_table(frame, chosen, Path(tables), name, caption, currency)
    rows = len(frame)
    labelled = {key: labelled[key] for key in columns or labelled if key in labelled}
    part = _worded((frame if rows <= WHOLE else frame.head(CUT))[list(labelled)])
    note = _note(len(part), rows, saved)
    if currency and any(shown.kind in ("money", "exact") for shown in labelled.values()):
        caption = sentences(caption, label("table_currency", currency=currency))
    link = f"tables/{name}.csv" if saved and len(part) < rows else ""
    words = [caption, plain(part) if rows else "", f"{note} {link}".strip()]
    empty = f'<p class="sentence">{escape(sentences(caption, note))}</p>'  # headings of nothing say nothing
    shown_html = table_html(part, labelled, caption, note, link) if rows else empty
    display_html("\n".join(line for line in words if line), shown_html)


def figure(fig: Figure | Callable[[], Figure], alt: str, caption: str = "") -> None:
    """Show a matplotlib figure as PNG and close it; `alt` says what a reader who sees it learns.

    A function is called for its figure; if that raises a BookError, nothing is shown. ValueError if `alt` is empty: a
    figure without words is lost on a screen reader and in nbval. A letter that no font has is an error but in English.
    """
    import matplotlib.pyplot as plt
    from IPython.display import display

    if callable(fig):
        try:
            fig = fig()
        except BookError:
            return
    if not alt.strip():
        raise ValueError("a figure needs an alt text that says what it shows")
    file = io.BytesIO()
    with warnings.catch_warnings():
        if language() != ENGLISH:
            warnings.filterwarnings("error", "Glyph .* missing")  # a figure that cannot be read is no result
        fig.savefig(file, format="png", dpi=DPI, facecolor="white", bbox_inches="tight", metadata={"Software": None})
    plt.close(fig)
    width, height = struct.unpack(">II", file.getvalue()[16:24])  # a PNG's header
    size = {"width": round(width * 96 / DPI), "height": round(height * 96 / DPI)}
    display(
        {"image/png": base64.b64encode(file.getvalue()).decode("ascii"), "text/plain": alt},
        metadata={"image/png": {"alt": alt} | size, "crm_analysis": {"caption": said(PAGE, caption)}},
        raw=True,
    )


def sentence(words: str | Callable[[], str], tables: str | Path = "") -> None:
    """Show a sentence computed from data; with `tables`, put it among the assumptions on the index too.

    A function is called for its sentence; if that raises a BookError, or the sentence is empty,
    nothing is shown.
    """
    if callable(words):
        try:
            words = words()
        except BookError:
            return
    if words and tables:
        write_assumption(Path(tables), words)
    _say(words)


def headline(
    name: str, value: Any, sentence: str | Callable[[], str], tables: str | Path = "", currency: str = ""
) -> None:
    """Show one number of the quarter and what it means, and put both on the pack's index.

    `name` is a column of `labels.COLUMNS`, whose heading and kind the number takes; a `value` that
    is text is shown as it is. Functions are called for both; without a sentence, or where one of them raises a
    BookError, there is nothing to say, and nothing is shown.
    KeyError: an unlabelled name.
    """
    try:
        sentence = sentence() if callable(sentence) else sentence
        value = value() if callable(value) and sentence else value
    except BookError:
        return
    if not sentence:
        return
    shown = column(name)
    written = value if isinstance(value, str) else text(value, shown.kind, decimals([value], shown.kind))
    if currency and shown.kind == "money":
        written = f"{currency} {written}"
    if tables:
        write_headline(Path(tables), name, shown.title, written, sentence)
    head = label("headline_of", name=shown.title, value=written)
    line = label("headline_line", name=shown.title, value=written, sentence=sentence)
    display_html(line, f'<p class="headline"><strong>{escape(head)}</strong> {escape(sentence)}</p>')


def table_html(frame: pd.DataFrame, columns: Mapping[str, Column], caption: str, note: str = "", link: str = "") -> str:
    """The table as HTML, every text escaped, numbers to the right, in a box that scrolls alone.

    The first column heads its rows unless it holds numbers. `note` stands below, `link` behind it.
    """
    written = [texts(list(frame[name]), shown.kind) for name, shown in columns.items()]
    ways = [_class(shown.kind, cells) for shown, cells in zip(columns.values(), written, strict=True)]
    opened = [f"<td{way}>" for way in ways]
    closed = ["</td>"] * len(ways)
    if next(iter(columns.values())).kind not in NUMERIC:
        opened[0], closed[0] = f'<th scope="row"{ways[0]}>', "</th>"
    head = "".join(
        f'<th scope="col"{way}>{escape(shown.title)}</th>' for way, shown in zip(ways, columns.values(), strict=True)
    )
    body = "".join(
        "<tr>" + "".join(a + escape(cell) + z for a, cell, z in zip(opened, row, closed, strict=True)) + "</tr>"
        for row in zip(*written, strict=True)
    )
    under = f'{escape(note)} <a href="{escape(link)}">{escape(link)}</a>' if link else escape(note)
    return (
        f'<figure class="table{" short" if len(frame) <= SHORT else ""}"><figcaption>{escape(caption)}</figcaption>'
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        + (f'<p class="note">{under}</p>' if note else "")
        + "</figure>"
    )


def _worded(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with the words for its codes; the files keep the codes."""
    coded = {name: [label(f"{name}_{code}") for code in frame[name]] for name in frame.columns if name in CODED}
    mixed = {name: frame[name].astype(object).map(_said) for name in frame.columns if name in MIXED}
    return frame.assign(**coded, **mixed)


def _said(value: Any) -> Any:
    return code_said(value) if isinstance(value, str) else value


def _column(name: str, kinds: Mapping[str, Kind]) -> Column:
    shown = column(name)
    return shown._replace(kind=kinds.get(name, shown.kind))


def _note(shown: int, rows: int, saved: bool) -> str:
    if shown == rows:
        return "" if rows else label("table_empty")
    words = label("table_cut_saved") if saved else label("table_cut")
    return words.format(shown=f"{shown:,}", rows=f"{rows:,}")


def _class(kind: Kind, cells: list[str]) -> str:
    """How a column is set: n numbers, s short texts on one line, l long texts given room, x the longest more of it."""
    longest = max(map(_width, cells), default=0)
    way = "n" if kind in NUMERIC else "s" if longest <= 16 else "x" if longest > 90 else "l" if longest > 30 else ""
    return f' class="{way}"' if way else ""


def _width(text: str) -> int:
    """How many Latin letters a text is as wide as: a Chinese character is two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _say(words: str) -> None:
    if words:
        display_html(words, f'<p class="sentence">{escape(words)}</p>', words if isinstance(words, Lack) else "")


def display_html(words: str, html: str, lack: str = "") -> None:
    """Display HTML made by the report itself, everything from the data in it escaped; `words` stand for it in text.

    `lack` says why there is nothing to show.
    """
    from IPython.display import display

    told = {"crm_analysis": TRUSTED["crm_analysis"] | ({LACK: str(lack)} if lack else {})}
    display({"text/html": html, "text/plain": words}, metadata=told, raw=True)
