"""Competitors beside us, as the same people rate both: item by item, and how many accounts rate us better.

Only people who rated a competitor and us in one wave are compared, so that it is not other people who are milder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.churn.definition.shares import LEVEL, wilson
from crm_analysis.churn.survival.checks import holm
from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.periods import before
from crm_analysis.satisfaction.scores.intervals import POINTS, Sums, ends, off_zero
from crm_analysis.satisfaction.scores.measures import accounts_said, spoken

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.satisfaction.answers import Answers

FEW = 5
"""Accounts that rated both, below which nothing is told of a competitor."""
SURE = 0.05
"""Holm-corrected p-value up to which we are ahead on an item, or behind."""
EQUAL = 1e-9
WHOLE = "whole"
"""The item that stands for a whole questionnaire."""


def pairs(answers: Answers, window: str = "12M") -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """People who rated us and a competitor in one wave of the window, the latest such wave of each.

    Three frames, row by row: account_id, person, competitor, wave; what they said of us; of the competitor: an item
    each as a share of its scale, and WHOLE: the overall question, or the mean of the items answered for both where
    competitors were not rated by that. Raises BookError where nobody did.
    """
    import pandas as pd

    recent = answers.of(answers.people["answered_on"] > pd.Timestamp(before(answers.as_of, window)))
    ours, theirs = recent.ours, recent.rivals
    keys = ["account_id", "person", "wave"]
    own = ours.people[keys].assign(own=np.arange(len(ours.people)))
    other = theirs.people[[*keys, "subject", "answered_on"]].assign(other=np.arange(len(theirs.people)))
    both = other.merge(own, on=keys, how="inner")
    both = both.sort_values(["account_id", "person", "subject", "answered_on", "wave"])
    both = both.drop_duplicates(["account_id", "person", "subject"], keep="last").reset_index(drop=True)
    if both.empty:
        raise BookError(label("rivals_none", window=spoken(window), day=answers.as_of))
    one = ours.shares.iloc[both["own"].to_numpy()].reset_index(drop=True)
    two = theirs.shares.iloc[both["other"].to_numpy()].reset_index(drop=True)
    overall = answers.asks.overall
    if overall in one and (one[overall].notna() & two[overall].notna()).any():
        wholes = [one[overall], two[overall]]
    else:  # of the items answered for both, so that it is not the questions that are milder
        told = one.notna() & two.notna()
        told[[item for item in told if item == answers.asks.recommendation]] = False
        wholes = [frame.where(told).mean(axis=1) for frame in (one, two)]
    who = both.rename(columns={"subject": "competitor"})[["account_id", "person", "competitor", "wave"]]
    return who, one.assign(**{WHOLE: wholes[0]}), two.assign(**{WHOLE: wholes[1]})


def by_item(answers: Answers, window: str = "12M", level: float = LEVEL, few: int = FEW) -> pd.DataFrame:
    """One row per item that people answered for both.

    Columns: item, accounts_heard, points_ours, points_theirs, lead, low, high (ours less theirs, in points, paired),
    p (of no lead, item by item), relative (ours by theirs), low_relative, high_relative. All competitors together; an
    account is one value. Items of fewer than `few` accounts are left out. The interval of `relative` is by the delta
    method on its logarithm. Raises BookError as `pairs`, and where no item is left.
    """
    import pandas as pd

    who, ours, theirs = pairs(answers, window)
    rows = []
    for item in ours.columns:
        told = (ours[item].notna() & theirs[item].notna()).to_numpy()
        own = pd.DataFrame({"ours": ours.loc[told, item], "theirs": theirs.loc[told, item]})
        means = own.groupby(who.loc[told, "account_id"].to_numpy(), sort=True).mean()
        if len(means) < few:
            continue
        one, two = means["ours"].to_numpy(np.float64), means["theirs"].to_numpy(np.float64)
        sums = Sums.of(one - two)
        low, high = ends(sums, "lead", level)
        row: dict[str, object] = {"item": str(item), "accounts_heard": len(means)}
        row |= {"points_ours": POINTS * one.mean(), "points_theirs": POINTS * two.mean()}
        row |= {"lead": POINTS * float(sums.mean[0]), "low": POINTS * float(low[0]), "high": POINTS * float(high[0])}
        row["p"] = float(off_zero(sums, "lead", level)[0])
        rows.append(
            row | dict(zip(("relative", "low_relative", "high_relative"), _ratio(one, two, level), strict=True))
        )
    if not rows:
        raise BookError(label("rivals_few", few=few, found=accounts_said(who["account_id"].nunique())))
    return pd.DataFrame(rows)


def beside(answers: Answers, window: str = "12M", level: float = LEVEL, few: int = FEW) -> pd.DataFrame:
    """`by_item` as one looks at it, all items at once: WHOLE only where the overall question was not compared.

    For p stand p_holm, corrected for the number of items (Holm 1979), and verdict (code): "ahead" or "behind" where
    p_holm is at most SURE, else "chance". Intervals are those of each item alone. Raises BookError as `by_item`.
    """
    table = by_item(answers, window, level, few)
    if answers.asks.overall in set(table["item"]):
        table = table[table["item"] != WHOLE].reset_index(drop=True)
    table["p_holm"] = holm(table.pop("p").to_numpy(np.float64))
    sides = np.where(table["lead"] > 0, "ahead", "behind")
    return table.assign(verdict=np.where(table["p_holm"] <= SURE, sides, "chance").astype(object))


def better(answers: Answers, window: str = "12M", level: float = LEVEL, few: int = FEW) -> pd.DataFrame:
    """One row for all competitors together and one for each that `few` accounts rated, the most accounts first.

    Columns: rival, accounts_heard, us_better, us_equal, us_worse (shares of accounts, by the whole questionnaire),
    low, high (of us_better, Wilson), lead, low_lead, high_lead (in points). Raises BookError as `pairs`, and
    where fewer than `few` accounts rated both.
    """
    import pandas as pd

    who, ours, theirs = pairs(answers, window)
    gap = (ours[WHOLE] - theirs[WHOLE]).to_numpy(np.float64)
    told = who.assign(gap=gap)[~np.isnan(gap)]
    parts = [(label("rivals_all"), told), *((str(name), own) for name, own in told.groupby("competitor", sort=True))]
    rows = []
    for name, own in parts:
        leads = own.groupby("account_id", sort=True)["gap"].mean().to_numpy(np.float64)
        if len(leads) < few:
            continue
        sums, up, down = Sums.of(leads), int((leads > EQUAL).sum()), int((leads < -EQUAL).sum())
        low, high = wilson(up, len(leads), level)
        ends_ = ends(sums, "lead", level)
        rows.append(
            {
                "rival": name, "accounts_heard": len(leads), "us_better": up / len(leads),
                "us_equal": 1 - (up + down) / len(leads), "us_worse": down / len(leads), "low": float(low),
                "high": float(high), "lead": POINTS * float(sums.mean[0]), "low_lead": POINTS * float(ends_[0][0]),
                "high_lead": POINTS * float(ends_[1][0]),
            }
        )  # fmt: skip
    if not rows:
        raise BookError(label("rivals_few", few=few, found=accounts_said(told["account_id"].nunique())))
    table = pd.DataFrame(rows)
    table["first"] = np.arange(len(table)) > 0
    order = table.sort_values(["first", "accounts_heard", "rival"], ascending=[True, False, True])
    return order.drop(columns="first").reset_index(drop=True)


def _ratio(one: np.ndarray, two: np.ndarray, level: float) -> tuple[float, float, float]:
    """The quotient of two means of the same accounts, with its interval; NaN where one of them is 0."""
    from scipy.special import stdtrit

    top, bottom, many = float(one.mean()), float(two.mean()), len(one)
    if top <= 0 or bottom <= 0 or many < 2:
        return (float("nan"),) * 3
    moved = (one - top) / top - (two - bottom) / bottom
    error = float(np.sqrt((moved @ moved) / (many * (many - 1))))
    if error <= 0:
        return top / bottom, float("nan"), float("nan")
    half = float(stdtrit(many - 1, (1 + level) / 2)) * error
    return top / bottom, top / bottom * float(np.exp(-half)), top / bottom * float(np.exp(half))
