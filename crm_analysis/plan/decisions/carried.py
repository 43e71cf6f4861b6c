"""Whether a decision was carried out, as far as contacts, orders and surveys tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.plan.decisions.since import EARLY

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

YES, LESS, NO, FEW, NEVER, SOON, UNTOLD = "yes", "less", "no", "few", "never", "soon", "untold"
DONE = {
    YES: "done_yes",
    LESS: "done_less",
    NO: "done_no",
    FEW: "done_few",
    NEVER: "done_never",
    SOON: "done_soon",
    UNTOLD: "done_untold",
}
"""Whether a decision was carried out, each with the label of its words."""
STOPS: Mapping[str, str] = {
    **dict.fromkeys(("desk", "desk service", "select"), "visits"),
    "minimum order": "small",
    **dict.fromkeys(("no service", "goodbye", "cut", "may be cut", "drop"), "contacts"),
}
"""What ends where a decision is carried out, by its word: visits or contacts we begin, orders below the minimum."""
BEGINS: Mapping[str, str] = {
    **dict.fromkeys(("key", "develop", "visit"), "visits"),
    "call": "calls",
    "win back": "contacts",
    **dict.fromkeys(("survey", "survey first"), "surveys"),
}
"""What comes of it where it is carried out."""
EXPECTED = 3.0
"""With so many expected at the earlier pace, none at all is chance in one of twenty cases (Poisson)."""


def carried(rows: pd.DataFrame) -> NDArray[np.object_]:
    """The code of DONE for each decision: rows of `since`, its words in `decision`.

    What is to end (STOPS) is held against the pace of the year before: none since is YES if EXPECTED or more were due
    by then, else FEW; some but fewer than were due is LESS, as many NO. NEVER where the year before had none. What is
    to come of it (BEGINS) is YES with the first. SOON where that can still come, or the decision has stood for less
    than EARLY days; UNTOLD where the book does not tell, or the word says nothing that could be seen.
    """
    found = np.full(len(rows), UNTOLD, dtype=object)
    early = (rows["stands"] < EARLY).to_numpy()
    for words, ends in ((STOPS, True), (BEGINS, False)):
        kinds = rows["decision"].map(words).to_numpy(object)
        for kind in sorted(set(words.values())):
            here = kinds == kind
            many = rows[f"{kind}_since"].to_numpy("float64")
            if not ends:
                told = np.select([np.isnan(many), many > 0, early], [UNTOLD, YES, SOON], NO)
            else:
                covered = rows["covered" if kind == "small" else "covered_contacts"].to_numpy("float64")
                pace = rows[f"{kind}_before"].to_numpy("float64") / np.where(covered >= EARLY, covered, np.nan)
                expected = pace * rows["stands"].to_numpy("float64")
                none = many == 0
                holds = [
                    np.isnan(many) | np.isnan(pace),
                    early,
                    none & (pace == 0),
                    none & (expected >= EXPECTED),
                    none,
                ]
                told = np.select([*holds, many < expected], [UNTOLD, SOON, NEVER, YES, FEW, LESS], NO)
            found[here] = told[here]
    return found
