"""Names of accounts and people within other texts: a topic of a complaint, a product, a file.

Names are looked for as whole words, whatever their capitals and signs; of scripts without blanks, letter by letter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from numpy.typing import NDArray

Words = tuple[str, ...]

_APART = r"[\x{0E00}-\x{0EFF}\x{1000}-\x{109F}\x{2E80}-\x{30FF}\x{3400}-\x{9FFF}\x{AC00}-\x{D7AF}\x{F900}-\x{FAFF}]"
"""Scripts that set no blanks between words: each letter counts as a word."""
_LEGAL = {
    "ab", "ag", "aps", "as", "asa", "bv", "co", "company", "corp", "corporation", "doo", "eg", "ev", "gbr",
    "gesmbh", "gmbh", "inc", "kft", "kg", "kgaa", "limited", "llc", "llp", "ltd", "mbh", "nv", "ohg", "oy",
    "oyj", "plc", "sa", "sarl", "sas", "se", "sia", "spa", "srl", "sro", "uab", "ug", "zrt",
}  # fmt: skip
_LEGAL_APART = (("有", "限"), ("股", "份"), ("集", "团"), ("集", "團"), ("公", "司"), ("株", "式"))
SHORT = 4
"""Letters that a single word of a name has at least if it is looked for alone."""


_SIGNS = {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
"""Letters that are no other letter with a sign above or below it."""
_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"}
"""How names are written where keyboards have no such letters."""


def words(texts: pa.Array) -> list[Words]:
    """The words of each text: small letters without signs, and digits; none of a null."""
    return [tuple(one) if one and one[0] else () for one in _split(texts).to_pylist()]


def spellings(texts: pa.Array) -> tuple[list[Words], ...]:
    """The words of each text; then with umlauts written out, as in Mueller; then the other way round."""
    small: Any = pc.utf8_lower(pc.utf8_normalize(texts.cast(pa.string()), form="NFKC"))
    out = back = small
    for letter, written in _UMLAUTS.items():
        out = pc.replace_substring(out, letter, written)
        back = pc.replace_substring(back, written, letter)
    return words(texts), words(out), words(back)


def _split(texts: pa.Array) -> pa.ListArray:
    text: Any = pc.utf8_lower(pc.utf8_normalize(texts.cast(pa.string()), form="NFKD"))
    text = pc.utf8_normalize(pc.replace_substring_regex(text, r"[\x{0300}-\x{036F}]", ""), form="NFKC")
    for letter, written in _SIGNS.items():
        text = pc.replace_substring(text, letter, written)
    text = pc.replace_substring_regex(text, _APART, r" \0 ")
    text = pc.utf8_trim_whitespace(pc.replace_substring_regex(text, r"[^\p{L}\p{N}\p{M}]+", " "))
    return pc.split_pattern(text, " ")


class Mentions:
    """Looks for names: `whole` ones, and `parts` by which people call them, such as the first word of a company."""

    def __init__(self, whole: Iterable[Words], parts: Iterable[Words] = ()) -> None:
        self._whole = _by_first(whole)
        self._parts = _by_first([*parts, *(name for names in self._whole.values() for name in names)])

    def within(self, texts: pa.Array, also_parts: bool) -> NDArray[np.bool_]:
        """True for each text that holds a name, or a part of one."""
        names, split = self._parts if also_parts else self._whole, _split(texts)
        found = np.zeros(len(texts), dtype=bool)
        begun = pc.is_in(pc.list_flatten(split), value_set=pa.array(list(names), pa.string()))
        for place in pc.unique(pc.list_parent_indices(split).filter(begun)).to_pylist():
            text = tuple(split[place].as_py())
            found[place] = any(_holds(text, at, names) for at in range(len(text)))
        return found


def called(accounts: Mapping[str, Words], owner: Mapping[str, str]) -> set[Words]:
    """What people call companies, of the words of their names by id: the name without its legal form, its first word.

    A first word counts if it is long enough and all names that begin with it are of one `owner` (the group of an id).
    """
    beginners = defaultdict(set)
    for one, name in accounts.items():
        if name:
            beginners[name[0]].add(owner.get(one, one))
    firsts = {(word,) for word, owners in beginners.items() if len(owners) == 1 and long(word)}
    return firsts | {brand for name in accounts.values() if len(brand := _brand(name)) > 1 or firsts & {brand}}


def long(word: str) -> bool:
    """True for a word that tells a name by itself; a number does not."""
    return len(word) >= SHORT and not word.isdecimal()


def last_names(people: Iterable[Words]) -> set[Words]:
    """The last words of people's names."""
    return {name[-1:] for name in people if name and len(name[-1]) >= SHORT - 1}


def _brand(name: Words) -> Words:
    """A company's name up to its legal form."""
    for place in range(1, len(name)):
        if name[place] in _LEGAL or (len(name[place]) == 1 and not _apart(name[place])):
            return name[:place]
        if place > 1 and name[place : place + 2] in _LEGAL_APART:
            return name[:place]
    return name


def _apart(letter: str) -> bool:
    return bool(pc.match_substring_regex(pa.array([letter]), _APART)[0].as_py())


def _by_first(names: Iterable[Words]) -> dict[str, set[Words]]:
    found = defaultdict(set)
    for name in names:
        if name:
            found[name[0]].add(name)
    return dict(found)


def _holds(text: Words, place: int, names: Mapping[str, set[Words]]) -> bool:
    """True if a name begins at this place of the text; one of a single letter only if it is the whole text."""
    return any(
        text[place : place + len(name)] == name and (len("".join(name)) > 1 or text == name)
        for name in names.get(text[place], ())
    )
