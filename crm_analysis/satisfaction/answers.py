"""What was said in surveys, as known on a day: the one table that every room of satisfaction takes.

The engine turns the answers, one row each, into questionnaires, one row each. An answer counts as a share of its
scale, so that scales of five and of seven can stand side by side; what is worded against us is turned round.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.book import engine
from crm_analysis.book.days import last_known
from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.labels.language import listed, sentences
from crm_analysis.periods import before
from crm_analysis.satisfaction.waves import waves
from crm_analysis.satisfaction.wording import opposed

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.book.questionnaire import Questionnaire

US = "us"
MOST = 120
"""Items that are looked at; of more, those with the most answers."""
KEYS = ["account_id", "person", "answered_on", "subject", "internal"]
_INTERNAL = "internal"


@dataclass(frozen=True)
class Answers:
    """What was said in questionnaires, as known on `as_of`; `people`, `shares`, `widths`, `importance` are row by row.

    - `people`: one row per questionnaire, sorted by KEYS, index 0..n-1: account_id, person (a name made of the day
      where the book does not tell who), answered_on (datetime64), wave, subject ("us", or a competitor), internal
      (our own people answered). Of a person's questionnaires in a wave the latest counts.
    - `shares`: a column per item: the answer as a share of its scale, 0 worst to 1 best, NaN where not answered.
    - `widths`: the highest possible answer less the lowest. `importance`: what was said of the item's importance, as a
      share of the same scale.
    - `asks`: what each item is (`book.questionnaire`); it names only items that the survey has.
    - `waves`: as `waves.waves`. `scales`: item, scale_min, scale_max, answers, first, last (days), of customers on us.
    - `notes`: what was left out or looks odd, in sentences.
    """

    people: pd.DataFrame
    shares: pd.DataFrame
    widths: pd.DataFrame
    importance: pd.DataFrame
    asks: Questionnaire
    waves: pd.DataFrame
    scales: pd.DataFrame
    notes: tuple[str, ...]
    as_of: dt.date

    @property
    def items(self) -> list[str]:
        """The items, in the order of the columns."""
        return list(self.shares.columns)

    @cached_property
    def ours(self) -> Answers:
        """What customers said of us."""
        return self.of((self.people["subject"] == US) & ~self.people["internal"])

    @cached_property
    def rivals(self) -> Answers:
        """What customers said of competitors."""
        return self.of((self.people["subject"] != US) & ~self.people["internal"])

    @cached_property
    def internal(self) -> Answers:
        """What our own people said of us."""
        return self.of((self.people["subject"] == US) & self.people["internal"])

    def of(self, rows: pd.Series | np.ndarray) -> Answers:
        """Some of the questionnaires: those where `rows` is true."""
        parts = (self.people, self.shares, self.widths, self.importance)
        people, shares, widths, importance = (part[rows].reset_index(drop=True) for part in parts)
        return replace(self, people=people, shares=shares, widths=widths, importance=importance)

    def of_wave(self, wave: str) -> Answers:
        """The questionnaires of one wave."""
        return self.of(self.people["wave"] == wave)

    def latest(self, window: str = "12M") -> Answers:
        """The latest questionnaire of each person about each subject within the window that ends with `as_of`.

        Where the book does not tell who answered, all of them.
        """
        import pandas as pd

        recent = self.of(self.people["answered_on"] > pd.Timestamp(before(self.as_of, window)))
        return recent.of(~recent.people.duplicated(["account_id", "person", "subject", "internal"], keep="last"))

    def dimension(self, name: str) -> pd.Series:
        """The mean of the items of a dimension that were answered, a row per questionnaire."""
        return self.shares[list(self.asks.dimensions[name])].mean(axis=1).rename(name)


def answers(book: Book, as_of: str | dt.date) -> Answers:
    """Every questionnaire that the book knows on that day.

    Answers without a score, without a scale or off it are left out and counted in `notes`, and so are the earlier ones
    of a person who answered more than once in a wave. Answers that one person gave twice to one item on one day count
    as their mean. Raises BookError if no answer is usable, or none is about us.
    """
    known = book.as_of(as_of)
    day = last_known(known)
    for column in ("score", "scale_min", "scale_max"):
        if lack := known.why_not("surveys", column):
            hint = "" if column == "score" or not known.has("surveys", "score") else label("survey_scale")
            raise BookError(sentences(lack, hint))
    rows = _typed(known)
    tally = _tallied(rows)
    told, used = _counts(tally), tally[tally["use"]]
    scales = _scales(used)
    if scales.empty:
        raise BookError(_nothing(used, told))
    rows, table = rows.filter(rows.use), _waves(known, used, day)
    asks, items = _asked(known.questionnaire, scales, used)
    frame, dropped = _questionnaires(rows, table, items)
    people = frame[KEYS].assign(wave=table["wave"].to_numpy()[frame["turn"].to_numpy() - 1])
    people = people[["account_id", "person", "answered_on", "wave", "subject", "internal"]]
    people["internal"] = people["internal"].astype(bool)
    shares, widths, importance = (
        frame[[f"{part}{place}" for place in range(len(items))]].astype("float64").set_axis(items, axis=1)
        for part in "swi"
    )
    turned = list(asks.reversed)
    shares[turned] = 1 - shares[turned]
    found = Answers(people, shares, widths, importance, asks, table, scales, (), day)
    against = opposed(found.ours.shares, found.ours.people["account_id"], [asks.recommendation])
    if not known.questionnaire.dimensions:
        kept = {name: of for name, of in asks.dimensions.items() if not set(of) & set(against)}
        asks = replace(asks, dimensions=kept)
    notes = _notes(known.questionnaire, told, dropped, scales, against, items)
    return replace(found, asks=asks, notes=tuple(notes))


def _typed(book: Book) -> ibis.Table:
    """All answers: KEYS, item, low, high, rise (the score above low), stated (importance above low), said, scaled, use.

    rise and stated are null where the answer lies off its scale, or there is none.
    """
    rows = book.table("surveys")
    low, high = rows.scale_min, rows.scale_max
    importance = rows.importance if "importance" in rows.columns else rows.score.nullif(rows.score)
    day = rows.answered_on.cast("string")
    person = ibis.coalesce(rows.respondent_id, day) if "respondent_id" in rows.columns else day
    subject = rows.subject.fill_null(US) if "subject" in rows.columns else ibis.literal(US)
    kind = rows.respondent_type.fill_null("") if "respondent_type" in rows.columns else ibis.literal("")

    def above(answer: Any) -> Any:
        inside = (answer >= low) & (answer <= high) & (high > low)
        return ibis.ifelse(inside, answer - low, ibis.null(answer.type()))

    return rows.select(
        "account_id",
        "answered_on",
        "item",
        person=person,
        subject=ibis.ifelse(subject.lower() == US, US, subject),
        internal=kind == _INTERNAL,
        low=low,
        high=high,
        rise=above(rows.score),
        stated=above(importance),
        said=rows.score.notnull(),
        scaled=(high > low).fill_null(False),
    ).mutate(use=lambda own: own.rise.notnull())


def _tallied(rows: ibis.Table) -> pd.DataFrame:
    """How many answers there are of each kind: item, answered_on, subject, internal, said, scaled, use, its scale.

    One question to the engine for all that is told of the answers as a whole; `answers` is how many.
    """
    ends = {"scale_min": rows.low.cast("float64"), "scale_max": rows.high.cast("float64")}
    keys = ["item", "answered_on", "subject", "internal", "said", "scaled", "use"]
    return engine.frame(rows.group_by(*keys, **ends).agg(answers=rows.count()))


def _counts(tally: pd.DataFrame) -> dict[str, int]:
    """How many answers there are, of our own people, and how many cannot be used, by what they lack."""
    parts = {
        "answers": tally["said"] | True,
        "inside": tally["internal"],
        "no_score": ~tally["said"],
        "no_scale": tally["said"] & ~tally["scaled"],
        "off_scale": tally["said"] & tally["scaled"] & ~tally["use"],
    }
    return {name: int(tally.loc[part, "answers"].sum()) for name, part in parts.items()}


def _waves(book: Book, used: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    """As `waves.waves`, of customers' answers and of invitations; of all answers where no customer answered."""
    own = used[~used["internal"]]
    days = (used if own.empty else own)["answered_on"]
    sent = days.iloc[:0]
    if book.has("survey_invitations"):
        invited = book.table("survey_invitations")
        sent = engine.frame(invited.select("sent_on").distinct())["sent_on"].dropna()
    return waves(days.dt.date.unique(), sent.dt.date, day)


def _scales(used: pd.DataFrame) -> pd.DataFrame:
    """The scales on which customers answered about us, sorted by item and first day."""
    own = used[(used["subject"] == US) & ~used["internal"]]
    groups = own.groupby(["item", "scale_min", "scale_max"])
    table = groups.agg(answers=("answers", "sum"), first=("answered_on", "min"), last=("answered_on", "max"))
    return table.reset_index().sort_values(["item", "first", "scale_min", "scale_max"], ignore_index=True)


def _asked(said: Questionnaire, scales: pd.DataFrame, used: pd.DataFrame) -> tuple[Questionnaire, list[str]]:
    """What each item is, and the items: those of dimensions first, then the whole, then the rest by name."""
    own = scales.groupby("item")["answers"].sum().sort_index()
    inside = used[used["internal"]].groupby("item")["answers"].sum().sort_index()
    many = own.add(inside, fill_value=0).sort_values(ascending=False, kind="stable")
    named = [item for item in said.names if item in many.index]
    kept = list(dict.fromkeys([*named, said.overall, said.recommendation, *many.index]))[: max(MOST, len(named) + 2)]
    kept = [item for item in kept if item in many.index]
    asks = said.of(sorted(item for item in kept if item in own.index))
    inner = said.of(sorted(kept))
    asks = replace(asks, focus=inner.focus, reversed=inner.reversed)
    first = [item for items in asks.dimensions.values() for item in items]
    order = dict.fromkeys([*first, asks.overall, asks.recommendation, *sorted(kept)])
    return asks, [item for item in order if item in kept]


def _questionnaires(rows: ibis.Table, table: pd.DataFrame, items: list[str]) -> tuple[pd.DataFrame, int]:
    """One row per questionnaire, and how many a later one of the same person in the same wave replaces.

    Columns: KEYS, turn (1 for the first wave), and share, width and importance of each item: s, w and i with its place.
    Sums are exact decimals, so that the order of the rows makes no difference.
    """
    begins = [day.date() for day in table["begins"]][1:]
    turn = sum((ibis.ifelse(rows.answered_on >= day, 1, 0) for day in begins), start=ibis.literal(1))
    rows = rows.mutate(turn=turn)
    who = ["account_id", "person", "subject", "internal", "turn"]
    sums: dict[str, Any] = {}
    for place, item in enumerate(items):
        own = rows["item"] == item
        for part, above in (("s", rows.rise), ("i", rows.stated)):
            there = own & above.notnull()
            most = (rows.high - rows.low).sum(where=there).cast("float64")
            sums[f"{part}{place}"] = above.sum(where=there).cast("float64") / most.nullif(0)
        sums[f"w{place}"] = (rows.high - rows.low).max(where=own).cast("float64")
    frame = engine.frame(rows.group_by([*who, "answered_on"]).agg(**sums))
    frame = frame.sort_values(KEYS, ignore_index=True)
    older = frame.duplicated(who, keep="last")
    return frame[~older].reset_index(drop=True), int(older.sum())


def _nothing(used: pd.DataFrame, told: dict[str, int]) -> str:
    """Why there is nothing to tell."""
    if not told["answers"]:
        return label("survey_none_yet")
    if told["inside"] == told["answers"]:
        return label("survey_inside", answers=f"{told['answers']:,}")
    subjects = sorted(set(used.loc[~used["internal"], "subject"]))
    if subjects:
        return label("survey_subject", found=listed(subjects[:5]), us=US)
    return label("survey_none", **told)


def _notes(
    said: Questionnaire,
    told: dict[str, int],
    dropped: int,
    scales: pd.DataFrame,
    against: list[str],
    items: list[str],
) -> list[str]:
    """What was left out, and what looks odd."""
    notes = []
    if absent := [item for item in said.names if item not in items]:
        notes.append(label("survey_absent", items=listed(absent)))
    if any(told[name] for name in ("no_score", "no_scale", "off_scale")):
        notes.append(label("survey_left_out", **{name: f"{many:,}" for name, many in told.items()}))
    if dropped:
        notes.append(label("survey_again", dropped=f"{dropped:,}"))
    sizes = scales.assign(width=scales["scale_max"] - scales["scale_min"]).groupby("item")["width"].nunique()
    if changed := sizes.index[sizes > 1].tolist():
        notes.append(label("survey_scales", n=len(changed), of=len(sizes)))
    for item in against:
        key = "survey_turned" if item in said.reversed else "survey_against"
        notes.append(label(key, item=item))
    return notes
