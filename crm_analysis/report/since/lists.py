"""Who came on the list of accounts at risk and on that of those that may be cut, and who is off them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.potential.advice.outcome import CUT
from crm_analysis.report.since.packs import Pack, same_codes

if TYPE_CHECKING:
    import pandas as pd

AT_RISK = 0.25
"""The chance of leaving, within the longest time that is forecast, from which on an account is on the list."""
CHANCE = re.compile(r"p_(\d+)\Z")


def longest(table: pd.DataFrame) -> str:
    """The chance of leaving within the longest time that a list at risk tells: p_4."""
    return max((name for name in map(str, table) if CHANCE.match(name)), key=lambda name: int(name[2:]))


def became(now: Pack, before: Pack, accounts: pd.Series) -> pd.Series:
    """What became of accounts of the last report's list since its day: a code by account, in their order.

    ordered (bought since), goodbye (has said so), left (not a customer any more, by how leaving is defined), silent
    (neither; whether it leaves is not decided yet).
    """
    import pandas as pd

    orders = now.table("accounts", "account_id", "last_order").set_index("account_id")["last_order"]
    last = pd.to_datetime(accounts.map(orders))
    there = set(now.table("at_risk", "account_id")["account_id"])
    try:
        said = set(now.table("goodbyes", "account_id")["account_id"])
    except BookError:
        said = set()
    since = (last > pd.Timestamp(before.day)).to_numpy()
    codes = np.select(
        [accounts.isin(said).to_numpy(), since, accounts.isin(there).to_numpy()],
        ["goodbye", "ordered", "silent"],
        "left",
    )
    return pd.Series(codes, index=accounts.index, dtype=object)


def risk_moves(now: Pack, before: Pack) -> pd.DataFrame:
    """Accounts that entered the list at risk, then those that left it; those with most at risk first.

    Columns: listed ("entered", "off"), account_id, name, rep_id, chance_then, chance_now (NaN: not on the forecast),
    risk_worth (at risk now, or then), because (a code: new, risen; fallen, or what `became` tells). Raises BookError
    where accounts or chances cannot be held against each other.
    """
    import pandas as pd

    if not same_codes(now, before):
        raise BookError(label("since_no_match", quarter=before.quarter))
    tables = {side: one.table("at_risk", "account_id", "at_risk") for side, one in (("now", now), ("then", before))}
    name = longest(tables["now"])
    if name != longest(tables["then"]):
        raise BookError(label("since_horizon", quarter=before.quarter))
    own = {side: table.set_index("account_id") for side, table in tables.items()}
    both = pd.DataFrame({f"chance_{side}": table[name] for side, table in own.items()}).sort_index()
    listed = {side: both[f"chance_{side}"] >= AT_RISK for side in own}
    parts = []
    for kind, inside, side in (("entered", listed["now"] & ~listed["then"], "now"),
                               ("off", listed["then"] & ~listed["now"], "then")):  # fmt: skip
        rows = both[inside].copy()
        rows.insert(0, "listed", kind)
        rows["risk_worth"] = own[side]["at_risk"].reindex(rows.index)
        for column in ("name", "rep_id"):
            rows[column] = own[side][column].reindex(rows.index) if column in own[side] else None
        ids = pd.Series(rows.index, dtype=object)
        if kind == "entered":
            because = np.where(rows["chance_then"].isna(), "new", "risen")
        else:
            code = became(now, before, ids).to_numpy(object)
            because = np.where(
                np.isin(code, ["goodbye", "left"]), code, np.where(code == "ordered", "ordered", "fallen")
            )
        rows["because"] = because
        parts.append(rows.rename_axis("account_id").reset_index().sort_values(
            ["risk_worth", "account_id"], ascending=[False, True]))  # fmt: skip
    table = pd.concat(parts, ignore_index=True)
    return table[["listed", "account_id", "name", "rep_id", "chance_then", "chance_now", "risk_worth", "because"]]


def cut_moves(now: Pack, before: Pack) -> pd.DataFrame:
    """Accounts that may be cut now and might not then, and the other way round.

    Columns: listed, account_id, name, advice_then, advice_now (codes; "" where the account was not Low), revenue (now,
    or then). Raises BookError where a report has no such list, or accounts cannot be matched.
    """
    import pandas as pd

    if not same_codes(now, before):
        raise BookError(label("since_no_match", quarter=before.quarter))
    own = {
        side: one.table("potential_accounts", "account_id", "advice_code").set_index("account_id")
        for side, one in (("now", now), ("then", before))
    }
    both = pd.DataFrame({f"advice_{side}": table["advice_code"] for side, table in own.items()}).sort_index().fillna("")
    for column in ("name", "revenue"):
        both[column] = own["now"][column].reindex(both.index).combine_first(own["then"][column].reindex(both.index))
    cut = {side: both[f"advice_{side}"] == CUT for side in own}
    rows = both[cut["now"] != cut["then"]]
    made = (
        rows.assign(listed=np.where(cut["now"][rows.index], "entered", "off")).rename_axis("account_id").reset_index()
    )
    columns = ["listed", "account_id", "name", "advice_then", "advice_now", "revenue"]
    return made.sort_values(["listed", "account_id"], ignore_index=True)[columns]


def cut_counts(now: Pack, before: Pack) -> tuple[int, int]:
    """How many may be cut by the last report and by this one."""
    then, this = (
        int((one.table("potential_accounts", "advice_code")["advice_code"] == CUT).sum()) for one in (before, now)
    )
    return then, this
