"""From a source's column to the contract's type, by stated rules.

Text is parsed once, by the form that book.toml states; typed columns are cast. A value that cannot
be read becomes null here, and the check lists it with its text. Text comes trimmed from `sources`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.book.engine import full_match, try_cast, try_strptime

if TYPE_CHECKING:
    from crm_analysis.book.contract import Type
    from crm_analysis.book.layout import Format

MONEY = "decimal(18, 4)"
"""Money and other numbers of the contract: exact, four places."""

_ISO_DATE = r"^(\d{4}-\d{2}-\d{2})([ T]\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( ?(Z|[+-]\d{2}(:?\d{2})?))?)?$"
_PLAIN_NUMBER = r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?"
_NOT_FINITE = r"[+-]?(nan|inf|infinity)"
_FINEST = "decimal(38, 12)"


def text(raw: Any, form: Format) -> Any:
    """The column as text; blank and the source's words for "not known" become null.

    Whole numbers lose their ".0" and decimals their last zeros: spreadsheets, data frames and
    databases write keys that way.
    """
    kind = raw.type()
    if kind.is_floating():
        whole = (raw == raw.floor()) & (raw.abs() < 1e15)
        written = ibis.ifelse(whole, try_cast(raw, "int64").cast("string"), raw.cast("string"))
        return ibis.ifelse(raw.isnan(), ibis.null("string"), written)
    if kind.is_timestamp():
        return raw.cast("timestamp").cast("string")
    written = raw if kind.is_string() else raw.cast("string")
    if kind.is_decimal() and kind.scale:
        written = written.re_replace(r"\.?0+$", "")
    for word in ("", *form.null):
        written = written.nullif(word)
    return written


def decimal(raw: Any, form: Format, to: str = MONEY) -> Any:
    """The column as the decimal type `to`, null where it is no finite number in the stated form."""
    kind = raw.type()
    if kind.is_floating():
        return try_cast(ibis.ifelse(raw.isnan() | raw.isinf(), ibis.null(kind), raw), to)
    if kind.is_numeric():
        return try_cast(raw, to)
    return try_cast(_digits(text(raw, form), form), to)


def _digits(written: Any, form: Format) -> Any:
    """Text of a number rewritten as digits with a point and a leading minus; null where it is none."""
    if form.negative == "trailing":
        written = ibis.ifelse(written.endswith("-"), "-" + written.re_replace(r"\s*-$", ""), written)
    elif form.negative == "parentheses":
        inside = ibis.literal("-") + written.re_replace(r"^\(\s*|\s*\)$", "")
        written = ibis.ifelse(full_match(written, r"\(.*\)"), inside, written)
    if form.thousands:
        if form.thousands == " ":
            written = written.replace("\u00a0", " ").replace("\u202f", " ")
        mark, point = re.escape(form.thousands), re.escape(form.decimal)
        grouped = full_match(written, rf"[+-]?\d{{1,3}}({mark}\d{{3}})+({point}\d*)?")
        written = ibis.ifelse(grouped, written.replace(form.thousands, ""), written)
    if form.decimal != ".":
        written = ibis.ifelse(written.contains("."), ibis.null("string"), written).replace(form.decimal, ".")
    return ibis.ifelse(full_match(written, _PLAIN_NUMBER), written, ibis.null("string"))


def date(raw: Any, form: Format) -> Any:
    """The column as a date.

    A time of day is dropped. Typed time zones are moved to UTC first; in ISO text the day that is
    written counts.
    """
    kind = raw.type()
    if kind.is_date():
        return raw
    if kind.is_timestamp():
        return raw.cast("timestamp").cast("date")
    written = text(raw, form)
    if form.date is not None:
        return try_strptime(written, form.date).cast("date")
    day = written.re_extract(_ISO_DATE, 1).nullif("")
    return try_cast(ibis.ifelse(written.like("____-__-__"), written, day), "date")


def integer(raw: Any, form: Format) -> Any:
    """The column as int64, null where it is no whole number."""
    value = decimal(raw, form)
    whole = value.cast("int64")
    return ibis.ifelse(whole.cast(MONEY) == value, whole, ibis.null("int64"))


def flag(raw: Any, form: Format) -> Any:
    """The column as true or false: true, yes, y, t, 1 and false, no, n, f, 0 in any case."""
    if raw.type().is_boolean():
        return raw
    written = text(raw, form).lower()
    return ibis.cases(
        (written.isin(["true", "yes", "y", "t", "1"]), True),
        (written.isin(["false", "no", "n", "f", "0"]), False),
        else_=ibis.null("boolean"),
    )


_READERS = {"text": text, "date": date, "money": decimal, "number": decimal, "integer": integer, "flag": flag}


def read(raw: Any, type_: Type, form: Format) -> Any:
    """The column as the contract's type."""
    return _READERS[type_](raw, form)


def not_finite(raw: Any, form: Format) -> Any:
    """True where a number is written as not-a-number or infinite."""
    kind = raw.type()
    if kind.is_floating():
        return raw.isnan() | raw.isinf()
    if kind.is_string():
        return full_match(text(raw, form).lower(), _NOT_FINITE)
    return ibis.literal(False)


def rounded(raw: Any, value: Any, form: Format) -> Any:
    """True where the source's number has more places than `value`, the contract's, keeps.

    Floating-point numbers are given a millionth, which their own noise may reach.
    """
    kind = raw.type()
    if kind.is_string():
        written = text(raw, form)
        # Cheap tests come first: most numbers have two places, and 38 digits take 5 us to read.
        places = written.length() - written.find(form.decimal) - 1
        long = written.re_search(re.escape(form.decimal) + r"\d{4}\d*[1-9]")
        finer = try_cast(_digits(written, form), _FINEST) != value.cast(_FINEST)
        scientific = written.contains("e") | written.contains("E")
        return value.notnull() & ibis.cases((scientific, finer), (places > 4, long), else_=False)
    if kind.is_floating():
        return (raw - value.cast("float64")).abs() > 1e-6 + raw.abs() * 1e-12
    if kind.is_decimal() and kind.scale is None:  # PostgreSQL's, of any number of places
        return raw != value
    if kind.is_decimal() and kind.scale > 4:
        return raw != value.cast(kind)
    return ibis.literal(False)


def known(raw: Any, form: Format) -> Any:
    """True where the source gives anything at all, readable or not."""
    kind = raw.type()
    if kind.is_floating() or not (kind.is_string() or form.null):
        return raw.notnull()
    return text(raw, form).notnull()


def shown(raw: Any, form: Format) -> Any:
    """The source's own text of a value, to be listed in the quarantine."""
    if raw.type().is_floating():
        return ibis.ifelse(raw.isnan() | raw.isinf(), raw.cast("string"), text(raw, form))
    return text(raw, form)
