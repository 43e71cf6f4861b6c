"""What a text names that somebody can act on: a day, an amount, a product, a competitor, a role, a document."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

KINDS = ("day", "amount", "product", "competitor", "role", "document")
"""What is looked for, in the order in which it is told."""
_MONTH = (
    "(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?"
    "|dec(ember)?)"
)
_DAY = re.compile(
    rf"\b\d{{4}}-\d\d(-\d\d)?\b|\b\d{{1,2}}\.\d{{1,2}}\.(\d{{2,4}})?(?!\d)|\b\d{{1,2}}/\d{{1,2}}(/\d{{2,4}})?\b"
    rf"|\b\d{{1,2}}(st|nd|rd|th|\.)? {_MONTH}\b|\b{_MONTH} \d{{1,4}}(st|nd|rd|th)?\b"
    r"|\b(mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(week|kw|cw|q)[ -]?\d{1,2}\b|\b20\d\d ?q[1-4]\b|\btomorrow\b"
    r"|\d{1,4}年|\d{1,2}月|\d{1,2}[日号]|(周|星期|礼拜)[一二三四五六日天]|[本下][周月季]|季度|明天"
)
_UNITS = (
    "k|m|million|thousand|pcs?|pieces?|units?|panels?|boards?|hours?|h|days?|weeks?|months?|kg|t|[%‰]"
    "|件|块|个|片|台|小时|天|周|万|亿|吨"
)
_MONEY = "eur|usd|gbp|chf|cny|rmb|czk|pln|sek|dkk|nok|jpy|[€$£¥元]|欧元|美元"
_NUMBER = r"\d[\d.,' ]*"
_AMOUNT = re.compile(rf"(?<![a-z0-9_-]){_NUMBER}({_UNITS}|{_MONEY})(?![a-z])|(?<![a-z])({_MONEY}) ?{_NUMBER}|百分之")
_ROLE = re.compile(
    r"\b(buyers?|purchas(er|ers|ing)|procurement|engineers?|engineering|developers?|planners?|logistics|quality|"
    r"production|finance|accounting|managers?|management|directors?|heads? of|owners?|founders?|ceo|cfo|cto|coo|"
    r"technicians?|boss)\b|采购|工程师|工程部|研发|质量部|品质|生产部|物流|财务|经理|总监|主管|厂长|老板|负责人"
)
_WORD = re.compile(r"\w+(?:[-./'&+]\w+)*")
_IDEOGRAPH = re.compile("[\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True)
class Names:
    """What the book calls its products and competitors, and the people's departments: plain, by `plain`."""

    product: frozenset[str] = frozenset()
    competitor: frozenset[str] = frozenset()
    role: frozenset[str] = frozenset()

    @classmethod
    def of(cls, products: Iterable[str], competitors: Iterable[str], departments: Iterable[str]) -> Names:
        """Names of a book; those of a single letter say nothing."""
        return cls(
            *(frozenset(n for n in map(plain, own) if len(n) > 1) for own in (products, competitors, departments))
        )


def plain(text: str) -> str:
    """Text as it is compared: full-width letters are letters, capitals and blanks do not matter.

    >>> plain("  ＨＤＩ  Boards ")
    'hdi boards'
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def named(text: str, names: Names, documents: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """The KINDS of which the text names one; `documents` are numbers of the account's orders and complaints, plain.

    >>> named("Offer for HDI by Friday", Names.of(["HDI"], [], []))
    ('day', 'product')
    """
    told = plain(text)
    found = {
        "day": bool(_DAY.search(told)),
        "amount": bool(_AMOUNT.search(told)),
        "product": _holds(told, names.product),
        "competitor": _holds(told, names.competitor),
        "role": bool(_ROLE.search(told)) or _holds(told, names.role),
        "document": _holds(told, documents),
    }
    return tuple(kind for kind in KINDS if found[kind])


def numbers(text: str) -> set[str]:
    """The words with a digit in them: what may be the number of an order or complaint."""
    return {word for word in _split(plain(text)) if any(letter.isdigit() for letter in word)}


def length(text: str) -> int:
    """How many words a text has; two letters of a script without blanks count as one.

    >>> length("Order 7 is late"), length("客户要求周五前交货")
    (4, 4)
    """
    letters = len(_IDEOGRAPH.findall(text))
    return len(_IDEOGRAPH.sub(" ", text).split()) + letters // 2


def alike(one: str, other: str) -> float:
    """The share of the words that two texts have in common, in their order; of letters in a script without blanks.

    >>> alike("All is fine", "All is well")
    0.6666666666666666
    """
    from difflib import SequenceMatcher

    return SequenceMatcher(None, _pieces(one), _pieces(other), autojunk=False).ratio()


def _pieces(text: str) -> list[str]:
    return _IDEOGRAPH.sub(lambda found: f" {found[0]} ", plain(text)).split()


def _split(told: str) -> list[str]:
    return _WORD.findall(told)


def _holds(told: str, names: frozenset[str]) -> bool:
    """Whether one of the names stands in the text as whole words; in a script without blanks, anywhere."""
    if not names:
        return False
    words = _split(told)
    most = min(max(name.count(" ") for name in names) + 1, 6)
    spans = (" ".join(words[at : at + size]) for at in range(len(words)) for size in range(1, most + 1))
    if any(span in names for span in spans):
        return True
    return bool(_IDEOGRAPH.search(told)) and any(name in told for name in names if _IDEOGRAPH.search(name))
