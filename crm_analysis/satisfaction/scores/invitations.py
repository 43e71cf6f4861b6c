"""Who was asked, who answered, and of whom it is too early to say.

An answer belongs to the last invitation of its person before it, if that is no older than LONGEST. Whoever is asked
again within ANSWER_DAYS is reminded, and was asked once. An invitation younger than ANSWER_DAYS without an answer is
undecided: it counts neither as answered nor as silent. Rates and models leave out all that are as young, the answered
ones too: of these alone the rate would be 100 %.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.book import engine
from crm_analysis.errors import BookError
from crm_analysis.features.windows import ANSWER_DAYS
from crm_analysis.labels import label
from crm_analysis.satisfaction.scores.measures import nobodys

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.satisfaction.answers import Answers

LONGEST = 90
"""Days after an invitation in which an answer belongs to it."""
ANSWERED, SILENT, UNDECIDED = "answered", "silent", "undecided"


def invitations(book: Book, as_of: dt.date, answers: Answers) -> pd.DataFrame:
    """One row per invitation known on `as_of`, reminders left out, sorted by account_id, sent_on and person.

    Columns: account_id, person ("" where the book does not tell who was asked), sent_on (datetime64), wave (of
    `answers.waves`), state (ANSWERED, SILENT, UNDECIDED), decided (sent ANSWER_DAYS ago or earlier), answered_on (NaT
    without an answer), row (of `answers.ours.people`; -1 without one). Where invitations or answers do not tell who, as
    many of an account's invitations count as answered as answers came. Raises BookError if the book has no invitations,
    or none known by then.
    """
    import pandas as pd

    known = book.as_of(as_of)
    table = known.need("survey_invitations")
    named = "respondent_id" in table.columns
    columns = ["account_id", "sent_on", *(["respondent_id"] if named else [])]
    sent = engine.frame(table.select(*columns)).dropna(subset=["account_id", "sent_on"])
    if sent.empty:
        raise BookError(label("asked_nobody", day=as_of))
    sent["sent_on"] = sent["sent_on"].astype("datetime64[ns]")
    sent["person"] = sent.pop("respondent_id").fillna("").astype(object) if named else ""
    sent = _first_ones(sent.sort_values(["account_id", "sent_on", "person"], ignore_index=True))
    row = _answered(sent, answers.ours.people)
    days = answers.ours.people["answered_on"].to_numpy("datetime64[ns]")
    sent["answered_on"] = np.where(row >= 0, days[row], np.datetime64("NaT")) if len(days) else pd.NaT
    sent["answered_on"] = sent["answered_on"].astype("datetime64[ns]")
    young = sent["sent_on"] > pd.Timestamp(as_of) - pd.Timedelta(days=ANSWER_DAYS)
    sent["state"] = np.where(row >= 0, ANSWERED, np.where(young, UNDECIDED, SILENT))
    sent["decided"], sent["row"] = ~young, row
    place = np.searchsorted(answers.waves["begins"].to_numpy("datetime64[ns]"), sent["sent_on"], side="right") - 1
    sent["wave"] = answers.waves["wave"].to_numpy(object)[np.maximum(place, 0)]
    return sent[["account_id", "person", "sent_on", "wave", "state", "decided", "answered_on", "row"]]


def owners(asked: pd.DataFrame) -> np.ndarray:
    """A number for each person asked (an account where the book tells no person), row by row."""
    import pandas as pd

    account, person = (pd.factorize(asked[name])[0].astype(np.int64) for name in ("account_id", "person"))
    return pd.factorize(account * (person.max(initial=0) + 1) + person)[0]


def _first_ones(sent: pd.DataFrame) -> pd.DataFrame:
    """Without reminders: the same person asked again within ANSWER_DAYS of the day it was first asked.

    Several rows of one day are one invitation, but where the book tells no person: then they are several people.
    """
    owner, day = owners(sent), sent["sent_on"].to_numpy("datetime64[D]").astype(np.int64)
    named = (sent["person"] != "").to_numpy()
    order = np.lexsort((day, owner))
    owner, day, named = owner[order], day[order], named[order]
    kept = np.ones(len(sent), dtype=bool)
    for place in np.flatnonzero((owner[1:] == owner[:-1]) & (day[1:] - day[:-1] <= ANSWER_DAYS)) + 1:  # few
        first = place - 1
        while not kept[first]:
            first -= 1
        same_day = day[place] == day[first]
        kept[place] = day[place] - day[first] > ANSWER_DAYS or (same_day and not named[place])
    return sent.iloc[np.sort(order[kept])].reset_index(drop=True)


def _answered(sent: pd.DataFrame, people: pd.DataFrame) -> np.ndarray:
    """The row of the answer to each invitation, -1 without one: person by person, then account by account."""
    row = np.full(len(sent), -1, dtype=np.int64)
    said = people[["account_id", "person", "answered_on"]].assign(row=np.arange(len(people)))
    asked = sent[["account_id", "person", "sent_on"]].assign(place=np.arange(len(sent)))
    met = _met(asked[asked["person"] != ""], said, ["account_id", "person"]).drop_duplicates("place", keep="last")
    row[met["place"]] = met["row"]
    left = said[~said["row"].isin(met["row"])]
    unknown = nobodys(left)
    for answers, of in ((left[unknown], row < 0), (left[~unknown], (asked["person"] == "").to_numpy())):
        _of_account(row, asked[of & (row < 0)], answers)
    return row


def _of_account(row: np.ndarray, asked: pd.DataFrame, said: pd.DataFrame) -> None:
    """Fill in rows of answers of an account, one after the other, for its invitations of the last day before."""
    if asked.empty or said.empty:
        return
    keys = ["account_id", "sent_on"]
    met = _met(asked.drop_duplicates(keys), said, ["account_id"])
    met["turn"] = met.groupby(keys).cumcount()
    both = asked.assign(turn=asked.groupby(keys).cumcount()).merge(met[[*keys, "turn", "row"]], on=[*keys, "turn"])
    row[both["place"]] = both["row"]


def _met(asked: pd.DataFrame, said: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Answers with the last invitation before each: place, row, sent_on and `by`, sorted by place and day."""
    import pandas as pd

    days, answers = asked.sort_values("sent_on", kind="stable"), said.sort_values("answered_on", kind="stable")
    own = days[[*by, "sent_on", "place"]]
    near = pd.Timedelta(days=LONGEST)
    met = pd.merge_asof(answers, own, left_on="answered_on", right_on="sent_on", by=by, tolerance=near)
    met = met.dropna(subset=["place"])
    return met.assign(place=met["place"].astype(np.int64)).sort_values(["place", "answered_on", "row"])
