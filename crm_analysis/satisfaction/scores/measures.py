"""What a questionnaire says in three numbers, and the same of an account: the mean over its people.

Shares of scales serve for all of them, so that any scale will do: 1 to 5, 0 to 10, 1 to 7, yes or no.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.labels import label

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.satisfaction.answers import Answers

    Array = NDArray[np.float64]

CONTENT, TOP_TWO, NPS = "content", "top_two", "nps"
SCORES = (CONTENT, TOP_TWO, NPS)
"""content: the answer as a share of its scale; top_two: one of its two best answers (the best one of fewer than four);
nps: 1 promoter, 0 passive, -1 detractor."""
NEAR = 1e-9
"""Answers as shares of a scale come from divisions: steps are compared up to this."""
ELEVEN = (9.0, 10.0)
"""Widths of the scales, 1 to 10 and 0 to 10, that promoters and detractors are defined on (Reichheld 2003)."""
SHORT = 3.0
"""On a scale narrower than this the best answer alone is the top: of three answers two are no top."""


def measured(answers: Answers) -> pd.DataFrame:
    """One row per questionnaire, index as `answers.people`: content, top_two, nps; NaN where it does not tell.

    content is of the question on overall satisfaction; where the survey has none, the mean of the dimensions'
    items, and there is no top_two. nps is NaN where recommendation was not asked on a scale of 10 or 11.
    """
    import pandas as pd

    asks, shares = answers.asks, answers.shares
    table = pd.DataFrame(np.nan, index=answers.people.index, columns=list(SCORES))
    if has_overall(answers):
        share, width = _item(answers, asks.overall)
        table[CONTENT] = share
        table[TOP_TWO] = top_two(share, width)
    else:
        # what looks worded against us is in no dimension until somebody says what it is
        within = {item for items in asks.dimensions.values() for item in items}
        others = [item for item in answers.items if item in within]
        if others:
            table[CONTENT] = shares[others].mean(axis=1)
    if asks.recommendation in shares:
        table[NPS] = promoted(*_item(answers, asks.recommendation))
    return table


def spoken(window: str) -> str:
    """A window in words: 12M is 12 months, 1Y is year."""
    number, unit = int(window[:-1]), window[-1]
    return label(f"window_{unit}_one" if number == 1 else f"window_{unit}", n=number)


def accounts_said(many: int) -> str:
    """So many accounts in words: 1 account, 2 accounts."""
    return label("account_one" if many == 1 else "account_many", n=f"{many:,}")


def nobodys(people: pd.DataFrame) -> pd.Series:
    """Which questionnaires (`answers.people`) do not tell who answered: their person is called by the day."""
    return people["person"] == people["answered_on"].dt.strftime("%Y-%m-%d")


def has_overall(answers: Answers) -> bool:
    """Whether somebody answered a question on overall satisfaction."""
    overall = answers.asks.overall
    return overall in answers.shares and bool(answers.shares[overall].notna().any())


def top_two(share: Array, width: Array) -> Array:
    """1 where an answer is one of the two best of its scale, else 0; NaN where there is none."""
    reach = np.where(width < SHORT - NEAR, 0.0, 1.0)
    return np.where(np.isnan(share), np.nan, (1 - share) * width <= reach + NEAR)


def promoted(share: Array, width: Array) -> Array:
    """1 for the two best answers on a scale of 10 or 11, -1 from four steps below the best, else 0; NaN elsewhere."""
    below = (1 - share) * width
    kind = np.where(below <= 1 + NEAR, 1.0, np.where(below >= 4 - NEAR, -1.0, 0.0))
    asked = np.isclose(width[:, None], ELEVEN, atol=NEAR).any(axis=1)
    return np.where(asked & ~np.isnan(share), kind, np.nan)


def units(answers: Answers, *by: str) -> pd.DataFrame:
    """One row per account (and each of `by`, columns of `answers.people`), sorted: account_id, people, SCORES and more.

    people counts questionnaires that tell a score, people_<score> those that tell that one; scores are the account's
    means over its people, NaN where nobody told. Accounts none of whose people told any are left out.
    """
    keys, counts = ["account_id", *by], [f"people_{name}" for name in SCORES]
    table = measured(answers)
    told = table.notna().any(axis=1)
    rows = answers.people.loc[told, keys].join(table)
    if rows.empty:
        rows = rows.assign(**{name: np.zeros(0, dtype=np.int64) for name in ("people", *counts)})
        return rows[[*keys, "people", *SCORES, *counts]].reset_index(drop=True)
    grouped = rows.groupby(keys, sort=True, observed=True)
    found = grouped[list(SCORES)].mean()
    found.insert(0, "people", grouped.size())
    return found.join(grouped[list(SCORES)].count().set_axis(counts, axis=1)).reset_index()


def _item(answers: Answers, item: str) -> tuple[Array, Array]:
    return answers.shares[item].to_numpy(np.float64), answers.widths[item].to_numpy(np.float64)
