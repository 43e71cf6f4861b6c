"""Names, codes and dates as text columns, made from invented word parts without a loop over rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_analysis.book.demo.parameters import Flags, Ints

_HEADS = (
    "Vel", "Kas", "Bri", "Tor", "Mol", "Zan", "Ost", "Fel", "Gar", "Hul", "Jas", "Kel", "Lun", "Nor",
    "Pel", "Quen", "Ras", "Tam", "Ulv", "Var", "Wes", "Zor", "Dra", "Eck", "Höl", "Grü", "Sjö", "Cor",
)  # fmt: skip
_MIDDLES = (
    "ka", "mo", "ri", "ve", "ta", "lu", "no", "de", "sa", "bi", "go", "pe", "ru", "fi", "ha", "wi", "an", "el",
)  # fmt: skip
_TAILS = (
    "dor", "lin", "van", "sten", "wick", "rand", "don", "gard", "tal", "mond", "vik", "holm", "bran", "der",
    "fors", "gis", "lund", "nau", "rup", "zell",
)  # fmt: skip
_STEMS = tuple(head + middle + tail for head in _HEADS for middle in _MIDDLES for tail in _TAILS)

# what a company of the industry calls itself; the industries are those of accounts.py, in their order
_TRADES = (
    ("Automation", "Controls", "Antriebe"),
    ("Mobility", "Fahrzeugtechnik", "Drive"),
    ("Medical", "Diagnostics", "Medtech"),
    ("Rail", "Signals", "Bahntechnik"),
    ("Lighting", "Licht", "Luminaires"),
    ("Telecom", "Networks", "Radio"),
    ("Power", "Converters", "Energy"),
    ("Instruments", "Sensors", "Messtechnik"),
    ("Appliances", "Audio", "Home"),
    ("Agritech", "Machines", "Landtechnik"),
)
COMPETITORS = ("Ynvarra", "Oskendra", "Thelmora", "Ibrasund", "Wexlarn")  # other suppliers of boards
_LEGAL = {
    "DE": "GmbH", "DK": "A/S", "SE": "AB", "NL": "B.V.", "BE": "NV", "FR": "SAS", "CH": "AG", "AT": "GmbH",
    "CZ": "s.r.o.", "PL": "Sp. z o.o.", "IT": "S.r.l.", "ES": "S.L.",
}  # fmt: skip


def codes(prefix: str, numbers: Ints, digits: int) -> pa.Array:
    """Codes such as `A0000012`: as text they sort as their numbers do. Raises ValueError for too large a number."""
    size = len(prefix) + digits
    letters = np.empty((len(numbers), size), dtype=np.uint8)
    letters[:, : len(prefix)] = np.frombuffer(prefix.encode(), dtype=np.uint8)
    rest = numbers
    for place in range(size - 1, len(prefix) - 1, -1):
        tens = rest // 10
        letters[:, place] = rest - 10 * tens + ord("0")
        rest = tens
    if rest.any():
        raise ValueError(f"a number after {prefix!r} has more than {digits} digits")
    starts = np.arange(len(numbers) + 1, dtype=np.int32) * np.int32(size)
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(starts), pa.py_buffer(letters))


def padded(numbers: Ints, digits: int) -> pa.Array:
    """Numbers as text with leading zeros."""
    return pc.utf8_lpad(pa.array(numbers).cast(pa.string()), digits, "0")


def _drawn(numbers: Ints) -> Ints:
    """The numbers from 0 to 10^9 - 1 in an order that looks like none, each once.

    Orders are made account by account: were they numbered as they are made, the numbers that are missing
    between two accounts on a day would tell how many orders are still to come.
    """
    return (numbers * 618_033_989 + 271_828_183) % 10**9


def line_ids(numbers: Ints) -> pa.Array:
    """Keys of order lines, from their numbers counted from 0 over the book."""
    return codes("L", _drawn(numbers), 9)


def order_ids(numbers: Ints) -> pa.Array:
    """Keys of orders, from their numbers counted from 0 over the book."""
    return codes("O", _drawn(numbers), 9)


def account_ids(numbers: Ints) -> pa.Array:
    """Keys of accounts, from their numbers counted from 0."""
    return codes("A", numbers + 1, 7)


def group_ids(numbers: Ints) -> pa.Array:
    """Keys of groups, each from the number of one of its accounts."""
    return codes("G", numbers + 1, 7)


def rep_ids(numbers: Ints) -> pa.Array:
    """Keys of reps, from their numbers counted from 0."""
    return codes("R", numbers + 1, 6)


def words(levels: Sequence[str], index: Ints) -> pa.Array:
    """The word each index picks; empty where the index is negative."""
    return pa.array(levels, pa.string()).take(pa.array(index, mask=index < 0))


def dates(days: Ints, unknown: Flags | None = None) -> pa.Array:
    """Days since 1970-01-01 as dates; empty where unknown."""
    return pa.array(days.astype(np.int32), mask=unknown).cast(pa.date32())


def _stem_index(numbers: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Index of a stem for each number, and how often the stems were used up before.

    A step without a common factor visits every stem once before it repeats one, so names do not clash.
    """
    step, start = 3_637, int(rng.integers(len(_STEMS)))
    return (start + numbers * step) % len(_STEMS), numbers // len(_STEMS)


def people(numbers: Ints, rng: np.random.Generator) -> pa.Array:
    """Invented names of reps, such as `K. Velrand`: shorter than companies' names, so none is both."""
    surnames = pa.array([head + tail for head in _HEADS for tail in _TAILS])
    index = (int(rng.integers(len(surnames))) + numbers * 123) % len(surnames)
    initials = pa.array([f"{letter}." for letter in "ABCDEFGHJKLMNPRSTVW"])
    initial = initials.take(pa.array(numbers * 7 % len(initials)))
    return pc.binary_join_element_wise(initial, surnames.take(pa.array(index)), " ")


def companies(
    founder: Ints,
    trade: Ints,
    country: pa.Array,
    town: pa.Array,
    branch: Flags,
    site: Ints,
    rng: np.random.Generator,
) -> pa.Array:
    """Invented names of accounts; offices of one group share a stem and a trade, and name their town.

    `founder` numbers the group the account was founded in, `trade` is the group's industry, `branch`
    marks the accounts of groups that have several, `site` counts those of one town from 0.
    """
    index, again = _stem_index(founder, rng)
    stem = pa.array(_STEMS).take(pa.array(index))
    words = pa.array([word for trio in _TRADES for word in trio])
    # a stem that is used again takes another trade word, and beyond that a number
    word = words.take(pa.array(trade * 3 + (founder // 11 + again) % 3))
    legal = country.dictionary_encode()
    form = pa.array([_LEGAL[code] for code in legal.dictionary.to_pylist()]).take(legal.indices)
    name = pc.binary_join_element_wise(stem, word, form, " ")
    name = pc.if_else(pa.array(branch), pc.binary_join_element_wise(name, town, " "), name)
    name = _numbered(name, site, site > 0)
    return _numbered(name, again, again > 2)


def _numbered(name: pa.Array, number: Ints, where: Flags) -> pa.Array:
    with_number = pc.binary_join_element_wise(name, pa.array(number + 1).cast(pa.string()), " ")
    return pc.if_else(pa.array(where), with_number, name)
