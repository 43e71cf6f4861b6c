"""How many may leave before a proposal loses, and how many must bundle when so many leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.plan.small_orders.reactions import BUNDLE, Reactions

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

LEAVING = (0.0, 0.02, 0.05, 0.10, 0.20)
"""Shares of the accounts with a choice that leave."""
_LEAST = 1e-9  # of all money that moves: below it, sums of floats are no loss


def break_even(of: Reactions) -> pd.DataFrame:
    """How many of the accounts with a choice may leave, if the others all do one thing: a row per thing.

    Columns: rest (what the others do: of `reactions.REACTIONS`); profit_staying (change of profit a year if nobody
    leaves); break_even (the share that may leave, whoever it is, before it loses on average; 1 where it never
    loses, NaN where it loses though nobody leaves); may_leave (accounts of that share, rounded down), most_first (how
    many may leave if those leave first whose leaving costs most: the worst case), least_first (if those leave
    first whose leaving costs least); any (it never loses, all may leave). Accounts are NaN where break_even is.

    Where nothing is known of what the others do (no surcharge), the row is NaN.
    """
    import pandas as pd

    return pd.DataFrame([_row(of, rest, place) for rest, place in ((of.rest, 2), (BUNDLE, 1))])


def _row(of: Reactions, rest: str, place: int) -> dict[str, Any]:
    leave, stay = of.choices[:, 0], of.choices[:, place]
    many = len(leave)
    start = of.lost + float(np.sort(stay).sum())
    end = of.lost + float(np.sort(leave).sum())
    room = _LEAST * (abs(of.lost) + float(np.abs(np.sort(leave)).sum() + np.abs(np.sort(stay)).sum()))
    row = {"rest": rest, "profit_staying": start, "break_even": np.nan, "may_leave": np.nan, "most_first": np.nan,
           "least_first": np.nan, "any": False}  # fmt: skip
    if not many or not start >= -room:
        return row
    share = 1.0 if end >= -room else min(max(start / (start - end), 0.0), 1.0)
    change = np.sort(leave - stay)
    return row | {
        "break_even": share,
        "may_leave": float(np.floor(share * many + 1e-9)),
        "most_first": _until(start, change, room),
        "least_first": _until(start, change[::-1], room),
        "any": bool(_until(start, change, room) == many),
    }


def _until(start: float, changes: Array, room: float) -> float:
    """How many changes, one after the other, leave a sum that is never below 0."""
    below = np.flatnonzero(start + np.cumsum(changes) < -room)
    return float(below[0]) if len(below) else float(len(changes))


def must_bundle(of: Reactions, leaving: tuple[float, ...] = LEAVING) -> pd.DataFrame:
    """What share of those who stay must bundle for nothing to be lost, a row per share that leaves.

    The others do `rest`. Columns: leave_share; bundle_from and bundle_to (it does not lose on average if the share that
    bundles is between the two: 0 and 1 where it never loses, NaN where it loses whatever they do); accounts_from and
    accounts_to (of those who stay). Where `rest` pays more than bundling saves, too many bundling is what loses.
    """
    import pandas as pd

    leave, bundle, rest = (float(total) for total in of.choices[:, :3].sum(axis=0))
    many = len(of.choices)
    room = _LEAST * (abs(of.lost) + float(np.abs(of.choices[:, :3]).sum()))
    rows = []
    for share in leaving:
        none = of.lost + share * leave + (1 - share) * rest
        every = of.lost + share * leave + (1 - share) * bundle
        least, most = _between(none, every, room) if many else (np.nan, np.nan)
        stay = many - round_half_up(share * many)
        rows.append({
            "leave_share": share, "bundle_from": least, "bundle_to": most,
            "accounts_from": np.ceil(least * stay - 1e-9) + 0.0, "accounts_to": np.floor(most * stay + 1e-9),
        })  # fmt: skip
    return pd.DataFrame(rows)


def _between(none: float, every: float, room: float) -> tuple[float, float]:
    """Where a line from `none` at 0 to `every` at 1 is not below 0."""
    if none >= -room and every >= -room:
        return 0.0, 1.0
    if not (none >= -room or every >= -room):
        return np.nan, np.nan
    cross = min(max(none / (none - every), 0.0), 1.0)
    return (0.0, cross) if none > every else (cross, 1.0)


def round_half_up(number: float) -> int:
    """A number of accounts, the half rounded up."""
    return int(np.floor(number + 0.5 + 1e-9))
