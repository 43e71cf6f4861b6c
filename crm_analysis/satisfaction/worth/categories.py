"""What an account had said by a day, as categories: low, middle, high, asked and silent, not asked; complaints.

Not to answer is a category of its own and never a middling answer: the discontented answer less, so silence tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.churn.survival.sample import codes

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]

CUTS = (0.5, 0.75)
"""Shares of the scale that part low from middle and middle from high: half way up, and three quarters."""
LEAST = 0.1
"""Share of the answers that low and high must each have; else thirds of the book's own answers are taken."""
HEARD = ("low", "middle", "high")
LEVELS: dict[str, tuple[str, ...]] = {
    "satisfaction": (*HEARD, "silent", "unasked", "unheard"),
    "complaints": ("complaints_0", "complaints_1", "complaints_2"),
    "trouble": ("trouble_no", "trouble_yes"),
}
"""The levels of each question, in the order they are shown."""
REFERENCES = {
    "satisfaction": ("high", "middle", "low", "unheard", "unasked"),
    "complaints": ("complaints_0",),
    "trouble": ("trouble_no",),
}
"""What the others are compared with: the first that enough accounts are to be expected to leave from."""
_ERROR = 1e-6  # of features, which are float32


def cuts_of(satisfaction: pd.Series) -> tuple[float, float]:
    """Where low and high begin: CUTS, or thirds of the answers where fewer than LEAST of them would be low or high.

    `satisfaction`: the answers as shares of their scale, NaN where there is none; CUTS without any. Where so many
    answers are alike that thirds part nothing, CUTS too.
    """
    known = satisfaction.dropna().to_numpy("float64")
    low, high = CUTS
    if not len(known) or min((known < low - _ERROR).mean(), (known >= high - _ERROR).mean()) >= LEAST:
        return CUTS
    one, two = (float(end) for end in np.quantile(known, (1 / 3, 2 / 3), method="inverted_cdf"))
    parted = known.min() < one - _ERROR and one < two - _ERROR
    return (one, two) if parted else CUTS


def categories(panel: pd.DataFrame, cuts: tuple[float, float] | None = None) -> pd.DataFrame:
    """The level of each question for the rows of `panel.account_quarters`, None where it is not known; same index.

    Columns, as far as the panel has what they need: satisfaction, complaints, trouble (LEVELS).

    - satisfaction: "silent" where the account was asked within the year and nobody has answered since it last was,
      older answers or not; else low, middle or high by the answers of the last two years; else "unasked", which is
      "unheard" where the book has no invitations, for then it does not tell who was asked.
    - complaints: none, one, two or more within a year (a shorter record is brought to a year).
    - trouble: a complaint not yet closed, or one that in the last year was open for more than 30 days.
    """
    import pandas as pd

    found: dict[str, NDArray[np.object_]] = {}
    if "satisfaction" in panel:
        low, high = cuts_of(panel["satisfaction"]) if cuts is None else cuts
        score = panel["satisfaction"].to_numpy("float64")
        words = np.where(score < low - _ERROR, "low", np.where(score < high - _ERROR, "middle", "high")).astype(object)
        words[np.isnan(score)] = "unasked" if "unanswered" in panel else "unheard"
        if "unanswered" in panel:
            words[panel["unanswered"].to_numpy("float64") == 1] = "silent"
        found["satisfaction"] = words
    if "complaints_year" in panel:
        many = panel["complaints_year"].to_numpy("float64")
        words = np.where(many <= 0, *LEVELS["complaints"][:2]).astype(object)
        words[many >= 1.5] = "complaints_2"
        words[np.isnan(many)] = None
        found["complaints"] = words
    if {"complaints_open", "complaints_late"} <= set(panel):
        either = panel[["complaints_open", "complaints_late"]].to_numpy("float64")
        words = np.where(np.nan_to_num(either).max(axis=1) > 0, "trouble_yes", "trouble_no").astype(object)
        words[np.isnan(either).all(axis=1)] = None
        found["trouble"] = words
    return pd.DataFrame(found, index=panel.index, columns=list(found))


def counted(owner: pd.Series, levels: pd.Series) -> pd.Series:
    """How many accounts have ever had each level."""
    import pandas as pd

    place, _ = codes(owner)
    return pd.Series(place, index=levels.index).groupby(levels).nunique()
