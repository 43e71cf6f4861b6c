"""How many of those asked answered, wave by wave and group by group; how many of the active accounts were heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.churn.definition.shares import LEVEL, effective, wilson
from crm_analysis.labels import label
from crm_analysis.satisfaction.scores.invitations import ANSWERED, UNDECIDED

if TYPE_CHECKING:
    import pandas as pd


def rates(asked: pd.DataFrame, by: pd.Series, name: str, level: float = LEVEL) -> pd.DataFrame:
    """One row per group of invitations (`invitations`), sorted by it: the share answered, of those old enough.

    Columns: `name`, accounts_asked, people_asked (decided invitations), people_answered (of these), undecided,
    response, low, high (invitations of one account are a cluster: Korn & Graubard 1998), 0 to 1. Groups without a
    decided invitation have NaN. `by` is the group per row of `asked`.
    """
    import pandas as pd

    group = by.astype(object).where(by.notna(), label("group_unknown")).astype(str).to_numpy()
    place, names = pd.factorize(group, sort=True)
    many = len(names)
    late = ~asked["decided"].to_numpy(bool)
    table = pd.DataFrame({name: np.asarray(names, dtype=object)})
    own = pd.DataFrame({"group": place[~late], "account": asked.loc[~late, "account_id"].to_numpy()})
    own["answered"] = (asked.loc[~late, "state"] == ANSWERED).to_numpy()
    each = own.groupby(["group", "account"], sort=True)["answered"].agg(["sum", "size"]).reset_index()
    owner = each["group"].to_numpy(np.intp)
    clusters = np.bincount(owner, minlength=many)
    part, of = np.bincount(owner, each["sum"], many), np.bincount(owner, each["size"], many)
    share = np.divide(part, of, out=np.full(many, np.nan), where=of > 0)
    scatter = np.bincount(owner, (each["sum"] - share[owner] * each["size"]) ** 2, many)
    number = effective(part, of, scatter, clusters)
    low, high = wilson(np.nan_to_num(share) * number, number, level)
    table["accounts_asked"] = clusters.astype(np.int64)
    table["people_asked"], table["people_answered"] = of.astype(np.int64), part.astype(np.int64)
    table["undecided"] = np.bincount(place[(asked["state"] == UNDECIDED).to_numpy()], minlength=many).astype(np.int64)
    table["response"] = share
    table["low"], table["high"] = (np.where(of > 0, end, np.nan) for end in (low, high))
    return table


def heard(frame: pd.DataFrame, units: pd.DataFrame, column: str = "") -> pd.DataFrame:
    """One row per group of active accounts (all of them without `column`): how many were heard, however asked.

    Columns: group, active_accounts, accounts_heard, response (their share, 0 to 1), low, high, revenue_heard (share of
    the group's revenue that comes from accounts heard; NaN without revenue). These are facts about the book's accounts;
    the interval is for what such accounts do another year.
    """
    import pandas as pd

    own = frame[frame["active"].astype(bool)]
    spoke = own["account_id"].isin(set(units["account_id"])).to_numpy()
    group = own[column] if column else pd.Series(label("scores_all"), index=own.index)
    group = group.astype(object).where(group.notna(), label("group_unknown")).astype(str)
    place, names = pd.factorize(group, sort=True)
    many = len(names)
    table = pd.DataFrame({"group": np.asarray(names, dtype=object)})
    there, told = np.bincount(place, minlength=many), np.bincount(place[spoke], minlength=many)
    table["active_accounts"], table["accounts_heard"] = there, told
    table["response"] = told / there
    table["low"], table["high"] = wilson(told, there, LEVEL)
    if "revenue" in own:
        money = own["revenue"].astype(float).clip(lower=0).fillna(0).to_numpy()
        whole = np.bincount(place, money, many)
        table["revenue_heard"] = np.divide(
            np.bincount(place[spoke], money[spoke], many), whole, out=np.full(many, np.nan), where=whole > 0
        )
    return table.sort_values(["active_accounts", "group"], ascending=[False, True], ignore_index=True)
