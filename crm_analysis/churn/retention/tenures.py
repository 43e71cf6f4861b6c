"""How long accounts have stayed: first spells as durations with late entry, in groups large enough to speak of.

An account counts from the age at which it came under observation to the age at which it left or was last decided.
Accounts that were customers before the book's orders begin enter late: counted from their beginning, they would seem
never to leave while the book was not looking (left truncation).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import UserError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.churn.definition import Spells

    Array = NDArray[np.float64]

YEAR = 365.25
"""Days a year."""
LEAST = 20
"""A group of fewer accounts is pooled with others that are too small."""
AT_RISK = 5
"""A curve is drawn only where at least so many accounts are at risk: with fewer, one more or less decides."""
STAYED = "stayed"
OTHER, UNKNOWN, ALL = "other", "unknown", "all"


def tenures(spells: Spells, known_on: pd.Series | None = None) -> pd.DataFrame:
    """One row per account whose age is known and that was at risk: its first spell; sorted by account_id.

    Columns: account_id, group ("all"), entry, duration (days; at risk in (entry, duration], the day of the first order
    being day 1), kind ("stayed" until decided; "left", "ours" or "closed" of those gone), gone (bool: any of the
    three), reason (as somebody said it, else None), limit (days the account could have been seen for at most).

    Silence decides late, so all is cut at `spells.decided_until`: who was last there after it had not left by then.
    Any silence takes some accounts for gone that order again; by `Spells.lifelong` those have stayed.

    `known_on`, dates by account_id, is when an account's group became known: it counts from that day only, and not at
    all without one. To count it from its beginning by what was learnt later gives it time in which it could not have
    left (immortal time).
    """
    import pandas as pd

    first = spells.frame[(spells.frame["spell"] == 1) & spells.frame["age_known"]]
    cut = pd.Timestamp(spells.decided_until)
    entered = first["entered"]
    if known_on is not None:
        known = pd.to_datetime(first["account_id"].map(known_on))
        entered = entered.where(entered > known, known)
    gone = first["left"].astype(bool)
    frame = pd.DataFrame(
        {
            "account_id": first["account_id"],
            "group": ALL,
            "entry": (entered - first["origin"]).dt.days,
            "duration": (first["last"].where(gone, cut) - first["origin"]).dt.days + 1,
            "kind": first["kind"].where(gone, STAYED),
            "gone": gone,
            "reason": or_none(first["reason"].where(gone)),
            "limit": (cut - first["origin"]).dt.days + 1,
        }
    )
    frame = frame[frame["entry"] < frame["duration"]].sort_values("account_id", kind="stable")
    return frame.astype({"entry": np.int64}).reset_index(drop=True)


def or_none(words: pd.Series) -> pd.Series:
    """The words, None where there is none."""
    import pandas as pd

    return pd.Series(
        [word if there else None for word, there in zip(words, words.notna(), strict=True)],
        index=words.index,
        dtype=object,
    )


def counted(spells: Spells) -> dict[str, int]:
    """How many accounts curves by tenure rest on, and why not on the others.

    accounts (with an order or contract); of these unknown_age (first seen within the definition's silence of the
    book's begin, and the book does not know since when) and undecided (began after the day until which leaving is
    decided) are left out; late are in, from the book's begin on, with the age they had then.
    """
    first = spells.frame[spells.frame["spell"] == 1]
    known = first["age_known"].astype(bool)
    undecided = first["entered"].dt.date > spells.decided_until
    late = first["origin"] < first["entered"]
    return {
        "accounts": len(first),
        "unknown_age": int((~known).sum()),
        "undecided": int((known & undecided).sum()),
        "late": int((known & late & ~undecided).sum()),
    }


def grouped(frame: pd.DataFrame, groups: pd.Series, least: int = LEAST) -> pd.DataFrame:
    """`tenures` with the columns group and named: the groups given, by account_id, and what they were called.

    Accounts without one are "unknown"; groups of fewer than `least` accounts are pooled as "other", unless only one is.
    """
    named = frame["account_id"].map(groups).astype(object)
    named = named.where(named.notna(), UNKNOWN).astype(str)
    counts = named.value_counts()
    small = sorted(name for name in counts.index[counts < least] if name not in (UNKNOWN, OTHER))
    pooled = len(small) > 1 or (OTHER in counts.index and len(small) > 0)
    return frame.assign(group=named.where(~named.isin(small), OTHER) if pooled else named, named=named)


def members(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per group: group, accounts, gone, late (entered late), pooled (names of what was pooled, else "")."""
    import pandas as pd

    rows = []
    for name in names(frame):
        own = frame[frame["group"] == name]
        called = sorted(set(own["named"]) - {name}) if "named" in own else []
        rows.append((name, len(own), int(own["gone"].sum()), int((own["entry"] > 0).sum()), ", ".join(called)))
    return pd.DataFrame(rows, columns=["group", "accounts", "gone", "late", "pooled"])


def names(frame: pd.DataFrame) -> list[str]:
    """The groups of a frame in their order: by name, what was pooled and what is unknown last."""
    return sorted(frame["group"].unique(), key=lambda name: (name == UNKNOWN, name == OTHER, name))


def at_risk(frame: pd.DataFrame, times: Array) -> Array:
    """How many accounts are at risk of leaving at these ages: entered before, and not gone or cut off before."""
    entry, duration = np.sort(frame["entry"].to_numpy()), np.sort(frame["duration"].to_numpy())
    return (np.searchsorted(entry, times, "left") - np.searchsorted(duration, times, "left")).astype(np.float64)


def stretch(frame: pd.DataFrame, least: int = AT_RISK) -> tuple[float, float] | None:
    """The ages (from, to] between which at least `least` accounts are always at risk; None if there are none.

    Of several such stretches the first that lasts a year, or, if none does, the one in which accounts spend most time
    together. So neither does one old account that enters early and leaves alone bring a curve to 0, nor is a curve
    drawn on over a gap that nobody is seen in.
    """
    if least < 1:
        raise UserError(f"a curve needs at least 1 account at risk; found {least}.")
    edges = np.unique(np.concatenate([frame["entry"].to_numpy(), frame["duration"].to_numpy()])).astype(np.float64)
    many = at_risk(frame, edges[1:])  # between two edges nobody enters or goes
    enough = np.concatenate([[False], many >= least, [False]])
    starts, ends = np.flatnonzero(enough[1:] & ~enough[:-1]), np.flatnonzero(~enough[1:] & enough[:-1])
    if len(starts) == 0:
        return None
    spent = np.concatenate([[0.0], np.cumsum(many * np.diff(edges))])
    long = np.flatnonzero(edges[ends] - edges[starts] >= YEAR)
    best = int(long[0]) if len(long) else int(np.argmax(spent[ends] - spent[starts]))
    return float(edges[starts[best]]), float(edges[ends[best]])


def within(frame: pd.DataFrame, start: float, end: float) -> pd.DataFrame:
    """The tenures as seen between two ages: who was at risk there, entering no earlier and cut off no later."""
    own = frame[(frame["duration"] > start) & (frame["entry"] < end)]
    later = own["duration"] > end
    return own.assign(
        entry=own["entry"].clip(lower=start),
        duration=own["duration"].clip(upper=end),
        gone=own["gone"] & ~later,
        kind=own["kind"].where(~later, STAYED),
    )
