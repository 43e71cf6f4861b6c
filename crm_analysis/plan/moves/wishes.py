"""Moves to try, as a reader writes them: "Low>Mid: 6; Mid>High: 1"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_analysis.errors import UserError

if TYPE_CHECKING:
    from crm_analysis.plan.moves.ladder import Ladder

_WISH = re.compile(r"\s*([^>:;]+?)\s*>\s*([^>:;]+?)\s*:\s*(\d{1,9})\s*\Z", re.ASCII)
EXAMPLE = '"Low>Mid: 6; Mid>High: 1"'


@dataclass(frozen=True)
class Wish:
    """So many accounts moved from one state to another."""

    begin: str
    end: str
    accounts: int


def wishes(text: str, ladders: Sequence[Ladder]) -> tuple[Ladder, tuple[Wish, ...]]:
    """The moves a text asks for, and the ladder whose states they name, in the order given.

    States are those of one of the ladders, whatever their case. UserError for a text that cannot be read, a state that
    is none, states of two ladders, a move from a state to itself, of no account, or said twice.
    """
    parts = [part for part in str(text).split(";") if part.strip()]
    if not parts:
        raise UserError(f"moves are written like {EXAMPLE}; found {text!r}.")
    read = []
    for part in parts:
        match = _WISH.match(part)
        if not match or int(match[3]) == 0:
            raise UserError(
                f"moves are written like {EXAMPLE}, with a whole number of accounts, 1 or more; found {part.strip()!r}."
            )
        read.append((match[1].lower(), match[2].lower(), int(match[3]), part.strip()))
    for begin, end, _, part in read:
        known = [state.lower() for ladder in ladders for state in ladder.states]
        for name in (begin, end):
            if name not in known:
                raise UserError(f"{part!r} names the state {name!r}; expected {_expected(ladders)}.")
        if begin == end:
            raise UserError(f"{part!r} moves accounts to where they are; expected two different states.")
    for ladder in ladders:
        names = {state.lower(): state for state in ladder.states}
        if all(begin in names and end in names for begin, end, _, _ in read):
            break
    else:
        raise UserError(f"moves {text!r} mix states of different kinds; expected {_expected(ladders)}.")
    found = tuple(Wish(names[begin], names[end], accounts) for begin, end, accounts, _ in read)
    twice = [pair for pair, times in Counter((wish.begin, wish.end) for wish in found).items() if times > 1]
    if twice:
        raise UserError(f"moves {text!r} say {twice[0][0]}>{twice[0][1]} twice; expected each move once.")
    return ladder, found


def _expected(ladders: Sequence[Ladder]) -> str:
    known = [", ".join(ladder.states) for ladder in ladders]
    return f"states of one kind: {'; or '.join(known)}"
