"""Surveys: who was asked twice a year, who answered, and what they said of us and of a competitor.

Answers come from how an account was served, through what matters most to a person and that person's
habits: no weighted sum of dimensions stands behind the satisfaction. Those who are discontented mostly
stay silent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crm_analysis.book.demo import names
from crm_analysis.book.demo.chunk import Chunk
from crm_analysis.book.demo.company import DIMENSIONS, REVERSED
from crm_analysis.book.demo.days import workday, workday_before
from crm_analysis.book.demo.names import COMPETITORS
from crm_analysis.book.demo.parameters import Flags, Floats, Ints, choices, day, quarter_of
from crm_analysis.book.demo.people import Contacts

WAVES = np.array(
    [day(f"{year}-{month_day}") for year in (2023, 2024, 2025, 2026) for month_day in ("05-15", "11-13")][:-1]
)
_LONG_SCALE_SINCE = day("2024-01-01")  # scores from 1 to 5 before, from 1 to 7 since
ITEMS = (*DIMENSIONS, "satisfaction", "recommendation", REVERSED)
"""The questions; `complicated` ("it is complicated to deal with them") is worded against us."""
_SATISFACTION, _RECOMMENDATION, _COMPLICATED = 5, 6, 7

IMPORTANCE = {"reliability": 0.42, "timeliness": 0.26, "consistency": 0.16, "warmth": 0.11, "facilities": 0.05}
"""Share of the people to whom a dimension matters most; it decides how satisfied they are."""
_MATTERS = np.array([IMPORTANCE[dimension] for dimension in DIMENSIONS])

_ALWAYS = 0.86  # rank from which every account is asked
_SAMPLED, _SECOND = 0.5, 0.35  # share of the others, share of further people of an account asked
_ANSWERS = 0.64  # share of the people asked who would answer if they were content
_UNEASY, _UNHAPPY = 0.62, 0.45  # contentment below which people grow silent
_SILENT, _MUTE, _ALIKE = 0.62, 0.30, 0.75  # share who still answer below them; of all people with the switch off
_COMPARES, _GUESSES = 0.35, 0.22  # share of answers that rate a competitor too; of accounts whose rep guesses
_SKIPPED = np.array([0.02, 0.02, 0.05, 0.03, 0.10, 0.01, 0.03, 0.06])
_MISREAD = 0.07  # share of the people who overlook that an item is worded against us

_CUTS = {5: np.array([0.15, 0.33, 0.53, 0.75]), 7: np.array([0.10, 0.23, 0.37, 0.51, 0.66, 0.82])}
_CUTS_10 = np.array([0.05, 0.09, 0.14, 0.19, 0.25, 0.39, 0.46, 0.56, 0.70, 0.82])
# how the competitors serve, a row each: dimensions in their order
_RIVALS = np.array(
    [
        [0.55, 0.70, 0.55, 0.45, 0.55],
        [0.62, 0.48, 0.60, 0.66, 0.50],
        [0.72, 0.52, 0.70, 0.50, 0.66],
        [0.45, 0.60, 0.45, 0.62, 0.48],
        [0.50, 0.40, 0.52, 0.55, 0.60],
    ]
)


@dataclass(frozen=True)
class _Answers:
    """One row per questionnaire; scores are answers x ITEMS, -1 where nothing was said."""

    account: Ints
    respondent: pa.Array
    answered_on: Ints
    score: Ints
    importance: Ints
    top: Ints  # highest score of the scale
    subject: Ints  # index into COMPETITORS; -1 for us
    internal: bool

    def of(self, rows: Flags) -> _Answers:
        """Some of the questionnaires."""
        return _Answers(
            self.account[rows],
            self.respondent.filter(pa.array(rows)),
            self.answered_on[rows],
            self.score[rows],
            self.importance[rows],
            self.top[rows],
            self.subject[rows],
            self.internal,
        )

    def table(self, chunk: Chunk) -> pa.Table:
        """Rows of the contract's table `surveys`, one per item answered."""
        row, item = np.nonzero(self.score >= 0)
        ten, importance = item == _RECOMMENDATION, self.importance[row, item]
        return pa.table(
            {
                "account_id": chunk.account_id(self.account[row]),
                "respondent_id": self.respondent.take(pa.array(row)),
                "answered_on": names.dates(self.answered_on[row]),
                "item": names.words(ITEMS, item),
                "score": pa.array(self.score[row, item]),
                "importance": pa.array(importance, mask=importance < 0),
                "scale_min": pa.array(np.where(ten, 0, 1)),
                "scale_max": pa.array(np.where(ten, 10, self.top[row])),
                "subject": names.words(("us", *COMPETITORS), self.subject[row] + 1),
                "respondent_type": names.words(("internal" if self.internal else "customer",), np.zeros_like(row)),
            }
        )


def drivers() -> dict[str, float]:
    """The true importance of the service dimensions: the share of people to whom each matters most."""
    return dict(IMPORTANCE)


def surveys(rng: np.random.Generator, chunk: Chunk, people: Contacts) -> tuple[pa.Table, pa.Table]:
    """The contract's tables `survey_invitations` and `surveys`, sorted by account."""
    row, wave = _invited(rng, chunk, people)
    account, sent = people.account[row], WAVES[wave]
    content = chunk.service.content[account, quarter_of(sent)]
    codes = people.ids(chunk)
    invitations = pa.table(
        {
            "account_id": chunk.account_id(account),
            "sent_on": names.dates(sent),
            "respondent_id": codes.take(pa.array(row)),
        }
    )
    willing = rng.random(len(people))[row] * 0.5 + rng.random(len(row)) * 0.5
    spoke = np.where(content < _UNHAPPY, _MUTE, np.where(content < _UNEASY, _SILENT, 1.0))
    if not chunk.effects.silence:
        spoke = np.full(len(row), _ALIKE)
    answered_on = workday_before(sent + 2 + (26 * rng.random(len(row)) ** 2).astype(np.int64))
    # a habit shows in every wave: two draws averaged, and turned into the share of people who are readier to answer
    share = np.where(willing < 0.5, 2 * willing**2, 1 - 2 * (1 - willing) ** 2)
    reply = (share < _ANSWERS * spoke) & chunk.is_customer(account, answered_on)

    own, other = (sheets.of(reply) for sheets in _customers(rng, chunk, row, account, answered_on, codes))
    inside = _guesses(rng, chunk, people, row, wave)
    answers = pa.concat_tables([own.table(chunk), other.table(chunk), inside.table(chunk)])
    counts = [np.repeat(part.account, np.sum(part.score >= 0, axis=1)) for part in (own, other, inside)]
    return invitations, answers.take(pa.array(np.argsort(np.concatenate(counts), kind="stable")))


def _invited(rng: np.random.Generator, chunk: Chunk, people: Contacts) -> tuple[Ints, Ints]:
    """Rows of people and waves, sorted by both: the larger accounts always, the others by lot."""
    customer = (chunk.since[:, None] + 30 <= WAVES) & (chunk.until[:, None] > WAVES)
    asked = customer & ((chunk.accounts.rank[:, None] > _ALWAYS) | (rng.random(customer.shape) < _SAMPLED))
    further = (people.turn == 0)[:, None] | (rng.random((len(people), len(WAVES))) < _SECOND)
    there = asked[people.account] & further & (people.known_since[:, None] < WAVES)
    row, wave = np.nonzero(there)
    return row, wave


def _experience(rng: np.random.Generator, chunk: Chunk, account: Ints, answered_on: Ints, trait: Floats) -> Floats:
    """How each dimension of our service was for the account lately, 0 to 1: answers x dimensions."""
    quarter = quarter_of(answered_on)
    before = np.maximum(quarter - 1, 0)
    service = chunk.service
    late = np.minimum(1, 1.1 * (service.lateness[account, quarter] + service.lateness[account, before]))
    failed = np.minimum(1, 0.7 * (service.failings[account, quarter] + 0.7 * service.failings[account, before]))
    content = service.content[account, quarter]
    own = trait[account]
    parts = (
        0.25 * content + 0.30 * (1 - failed) + 0.45 * own[:, 0],
        0.25 * content + 0.40 * (1 - late) + 0.35 * own[:, 1],
        0.35 * content + 0.10 * (1 - failed) + 0.55 * own[:, 2],
        0.30 * content + 0.70 * own[:, 3],
        0.15 * content + 0.85 * own[:, 4],
    )
    return np.clip(np.stack(parts, axis=1) + rng.uniform(-0.12, 0.12, (len(account), len(DIMENSIONS))), 0, 1)


def _customers(
    rng: np.random.Generator, chunk: Chunk, row: Ints, account: Ints, answered_on: Ints, codes: pa.Array
) -> tuple[_Answers, _Answers]:
    """What all people asked would say of us, and of the account's other supplier."""
    trait = rng.random((len(chunk), len(DIMENSIONS))) ** 0.8
    n = len(row)
    # a person keeps its habits from wave to wave
    people = len(codes)
    main = choices(rng.random(people), _MATTERS)[row]
    lenient = (rng.uniform(-0.14, 0.14, people) + rng.uniform(-0.06, 0.06, people))[row]
    halo = rng.uniform(0.05, 0.4, people)[row]
    misread = (rng.random(people) < _MISREAD)[row]
    experience = _experience(rng, chunk, account, answered_on, trait)
    overall = _overall(rng, experience, main)
    top = np.where(answered_on < _LONG_SCALE_SINCE, 5, 7)

    latent = np.empty((n, len(ITEMS)))
    latent[:, :5] = experience + halo[:, None] * (overall[:, None] - experience)
    latent[:, _SATISFACTION] = overall
    offered = chunk.service.pressure[account, quarter_of(answered_on)]
    latent[:, _RECOMMENDATION] = overall - 0.15 * offered
    smooth = 0.6 * overall + 0.4 * experience[:, 4]
    latent[:, _COMPLICATED] = np.where(misread, smooth, 1 - smooth)
    tone = np.where(np.arange(len(ITEMS)) == _COMPLICATED, -1, 1) * lenient[:, None]
    latent += tone + rng.uniform(-0.07, 0.07, latent.shape)
    score = _scores(latent, top)
    score[rng.random(score.shape) < _SKIPPED] = -1
    # everything is important to everybody, and what matters a little more
    urge = 0.66 + 0.16 * (np.arange(5) == main[:, None]) + 0.4 * lenient[:, None] + rng.uniform(-0.2, 0.2, (n, 5))
    importance = np.full(score.shape, -1)
    importance[:, :5] = _scores(urge, top)
    respondent = codes.take(pa.array(row))
    own = _Answers(account, respondent, answered_on, score, importance, top, np.full(n, -1), internal=False)

    # nothing is said of the other supplier by most
    said_nothing = rng.random(n) >= _COMPARES
    rival = chunk.rival[account]
    theirs = np.clip(_RIVALS[rival] + 0.2 * offered[:, None] + rng.uniform(-0.25, 0.25, (n, 5)), 0, 1)
    verdict = _overall(rng, theirs, main)
    latent = np.full((n, len(ITEMS)), -1.0)
    latent[:, :5] = theirs + halo[:, None] * (verdict[:, None] - theirs) + lenient[:, None]
    latent[:, _SATISFACTION] = verdict + lenient
    said = _scores(latent, top)
    said[:, _RECOMMENDATION:] = -1
    said[rng.random(said.shape) < 2 * _SKIPPED] = -1
    said[said_nothing] = -1
    none = np.full(score.shape, -1)
    other = _Answers(account, respondent, answered_on, said, none, top, rival, internal=False)
    return own, other


def _overall(rng: np.random.Generator, experience: Floats, main: Ints) -> Floats:
    """Satisfaction, 0 to 1: what matters most decides where it is bad; where it is fine, the worst pulls."""
    decisive = np.take_along_axis(experience, main[:, None], axis=1)[:, 0]
    worst = experience.min(axis=1)
    fine = np.maximum(0.5, 0.85 * decisive + 0.15 * worst)
    return np.clip(np.where(decisive < 0.5, decisive, fine) + rng.uniform(-0.08, 0.08, len(main)), 0, 1)


def _guesses(rng: np.random.Generator, chunk: Chunk, people: Contacts, row: Ints, wave: Ints) -> _Answers:
    """What our reps believe that accounts would say: brighter, and other things thought important."""
    asked = np.flatnonzero((people.turn[row] == 0) & (rng.random(len(row)) < _GUESSES))
    account = people.account[row[asked]]
    answered_on = workday(WAVES[wave[asked]] + rng.integers(0, 5, len(asked)))
    n = len(asked)
    top = np.where(answered_on < _LONG_SCALE_SINCE, 5, 7)
    content = chunk.service.content[account, quarter_of(answered_on)]
    bias = np.array([0.10, 0.02, 0.08, 0.16, 0.12])
    latent = np.full((n, len(ITEMS)), -1.0)
    latent[:, :5] = 0.4 + 0.35 * content[:, None] + bias + rng.uniform(-0.2, 0.2, (n, 5))
    score = _scores(latent, top)
    score[:, 5:] = -1
    importance = np.full(score.shape, -1)
    importance[:, :5] = _scores(np.array([0.55, 0.7, 0.5, 0.8, 0.6]) + rng.uniform(-0.2, 0.2, (n, 5)), top)
    respondent = chunk.rep_id(account, answered_on)
    return _Answers(account, respondent, answered_on, score, importance, top, np.full(n, -1), internal=True)


def _scores(latent: Floats, top: Ints) -> Ints:
    """Scores on the scale of each answer; where the latent rows are items, the recommendation runs from 0 to 10."""
    score = np.empty(latent.shape, dtype=np.int64)
    for scale, cuts in _CUTS.items():
        rows = top == scale
        score[rows] = 1 + np.searchsorted(cuts, latent[rows])
    if latent.shape[1] > _RECOMMENDATION:
        score[:, _RECOMMENDATION] = np.searchsorted(_CUTS_10, latent[:, _RECOMMENDATION])
    return score
