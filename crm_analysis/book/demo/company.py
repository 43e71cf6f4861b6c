"""The company itself: sales offices, reps, the market it lives through, and its programme."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crm_analysis.book.demo import names
from crm_analysis.book.demo.effects import Effects
from crm_analysis.book.demo.parameters import (
    EARLIEST_KNOWN,
    FIRST_DAY,
    LAST_DAY,
    PROGRAMME,
    PROGRAMME_ORDERS,
    PROGRAMME_RAMP,
    PROGRAMME_STARTS,
    QUARTER_START,
    QUARTERS,
    WEEK_START,
    WEEKS,
    Floats,
    Ints,
    Part,
    day,
    stream,
)

DIMENSIONS = ("reliability", "timeliness", "consistency", "warmth", "facilities")
REVERSED = "complicated"
SURVEY = f"""[questionnaire]
reversed = "{REVERSED}"

[questionnaire.dimensions]
{"".join(f'{dimension} = "{dimension}"' + chr(10) for dimension in DIMENSIONS)}
[questionnaire.focus]
organisation = ["reliability", "timeliness", "consistency"]
communication = "warmth"
"""
"""What book.toml says of the survey. Nobody is asked how well information flows."""

# sales office, region, country, start of the postal codes around it, digits that follow, share of accounts
OFFICES = (
    ("Hamburg", "North", "DE", "22", 3, 7),
    ("Hannover", "North", "DE", "30", 3, 6),
    ("Odense", "North", "DK", "50", 2, 4),
    ("Göteborg", "North", "SE", "411 ", 2, 5),
    ("Köln", "West", "DE", "50", 3, 8),
    ("Eindhoven", "West", "NL", "56", 2, 6),
    ("Gent", "West", "BE", "90", 2, 4),
    ("Lyon", "West", "FR", "69", 3, 6),
    ("Stuttgart", "Centre", "DE", "70", 3, 9),
    ("München", "Centre", "DE", "81", 3, 9),
    ("Nürnberg", "Centre", "DE", "90", 3, 6),
    ("Zürich", "Centre", "CH", "80", 2, 5),
    ("Dresden", "East", "DE", "01", 3, 5),
    ("Linz", "East", "AT", "40", 2, 5),
    ("Brno", "East", "CZ", "602 ", 2, 5),
    ("Wrocław", "East", "PL", "50-", 3, 4),
    ("Torino", "South", "IT", "10", 3, 5),
    ("Barcelona", "South", "ES", "08", 3, 4),
)
REGIONS = tuple(dict.fromkeys(office[1] for office in OFFICES))
REGION_OF_OFFICE = np.array([REGIONS.index(office[1]) for office in OFFICES])
OFFICE_SHARE = np.array([office[5] for office in OFFICES], dtype=float)

TEAMS = ("operations centre", "customer support", "sales administration", "business development")

# orders of a month, an average one being 1: boards are bought ahead of summer and of the year's end
_MONTHS = np.array([0.98, 1.03, 1.14, 1.04, 1.03, 1.08, 0.97, 0.66, 1.10, 1.14, 1.10, 0.76])
_OFFICE_PUSH = 0.42  # most that demand around an office changes in a quarter, a logarithm
_HOLIDAYS = 0.3  # of the usual orders in a week that touches Christmas or New Year


@dataclass(frozen=True)
class Seats:
    """Posts of reps: who holds each, and since when its second holder does. One row per seat.

    `second_day` lies after the extract where the first holder still sits there.
    """

    office: Ints  # index into OFFICES; -1 for a seat that serves a region
    region: Ints  # index into REGIONS
    team: Ints  # index into TEAMS
    first: Ints  # number of the rep who held it first
    second: Ints  # number of the rep who took over; the same as `first` where nobody did
    second_day: Ints

    def holder(self, seat: Ints, on: Ints) -> Ints:
        """Number of the rep who held the seat on a day."""
        return np.where(on >= self.second_day[seat], self.second[seat], self.first[seat])


@dataclass(frozen=True)
class Market:
    """What all accounts live through together; logarithms, 0 being usual."""

    week: Floats  # demand by week of the story, season left out
    season: Floats  # season by week of the story
    office_quarter: Floats  # trouble of a sales office in a quarter, offices x quarters, mostly near 0
    office_week: Floats  # demand around a sales office by week, offices x weeks


def seats_and_reps(seed: int, accounts: int) -> tuple[Seats, pa.Table]:
    """Seats, and the contract's table `reps`: about 30 people, or one per 40 accounts in a large book.

    Each office has a seat, each region one in sales administration and one in business
    development. Four seats in thirty changed hands, two people changed their hours.
    """
    rng = stream(seed, Part.REPS)
    offices, regions = len(OFFICES), len(REGIONS)
    extra = max(0, accounts // 40 - offices - 2 * regions)
    office = np.concatenate(
        [np.arange(offices), rng.choice(offices, extra, p=OFFICE_SHARE / OFFICE_SHARE.sum()), np.full(2 * regions, -1)]
    )
    region = np.where(office >= 0, REGION_OF_OFFICE[office], -1)
    region[-2 * regions :] = np.tile(np.arange(regions), 2)
    team = np.concatenate([rng.integers(0, 2, offices + extra), np.repeat([2, 3], regions)])
    n = len(office)

    changed = rng.permutation(n)[: max(4, n // 8)]
    second_day = np.full(n, LAST_DAY + 1)
    second_day[changed] = rng.integers(FIRST_DAY + 120, LAST_DAY - 60, len(changed))
    second = np.arange(n)
    second[changed] = n + np.arange(len(changed))
    seats = Seats(office, region, team, np.arange(n), second, second_day)

    people = n + len(changed)
    team_of = np.concatenate([team, team[changed]])
    hours = rng.choice([40.0, 38.5, 35.0, 30.0, 20.0], people, p=[0.35, 0.35, 0.1, 0.1, 0.1])
    since = np.concatenate([rng.integers(day("2009-01-01"), EARLIEST_KNOWN, n), second_day[changed]])
    until = np.full(people, LAST_DAY + 1)
    until[changed] = second_day[changed] - 1
    # a change of hours is a new row; only people who are there all the time change theirs here
    stayed = np.setdiff1d(np.arange(n), changed)
    shorter = rng.permutation(stayed)[: max(2, n // 15)]
    shorter_since = rng.integers(FIRST_DAY + 200, LAST_DAY - 200, len(shorter))
    until_first_row = until.copy()
    until_first_row[shorter] = shorter_since - 1

    rep = np.concatenate([np.arange(people), shorter])
    from_date = np.concatenate([since, shorter_since])
    to_date = np.concatenate([until_first_row, until[shorter]])
    hours_row = np.concatenate([hours, np.where(hours[shorter] > 30, 30.0, 24.0)])
    order = np.lexsort((from_date, rep))
    rep, from_date, to_date = rep[order], from_date[order], to_date[order]
    table = pa.table(
        {
            "rep_id": names.rep_ids(rep),
            "name": names.people(rep, stream(seed, Part.NAMES)),
            "team": pa.array(TEAMS).take(pa.array(team_of[rep])),
            "hours_per_week": pa.array(hours_row[order]),
            "from_date": names.dates(from_date),
            "to_date": names.dates(to_date, unknown=to_date > LAST_DAY),
        }
    )
    return seats, table


def market(seed: int, effects: Effects) -> Market:
    """The weeks and quarters all accounts share: stocks run down in 2023, holidays, troubled offices."""
    rng = stream(seed, Part.MARKET)
    years = np.arange(WEEKS) / WEEKS * 4
    slump = -0.16 * np.clip(1 - np.abs(years - 0.9) / 0.7, 0, None)
    wander = np.cumsum(rng.uniform(-0.02, 0.02, WEEKS))
    # the month of the week's Wednesday
    month = (WEEK_START + 4).astype("datetime64[D]").astype("datetime64[M]").astype(int) % 12
    monday = (WEEK_START + 2).astype("datetime64[D]")
    day_of_year = (monday - monday.astype("datetime64[Y]")).astype(int)
    holidays = (day_of_year >= 354) | (day_of_year <= 1)
    season = np.log(_MONTHS[month]) + np.where(holidays, np.log(_HOLIDAYS), 0.0)
    trouble = rng.uniform(-0.06, 0.06, (len(OFFICES), QUARTERS))
    struck = rng.random((len(OFFICES), QUARTERS)) < 0.05
    trouble += struck * rng.uniform(0.15, 0.4, struck.shape)
    # demand around an office drifts for a few quarters, and comes back
    push = rng.uniform(-_OFFICE_PUSH, _OFFICE_PUSH, (len(OFFICES), QUARTERS + 1))
    around = np.zeros((len(OFFICES), QUARTERS + 1))
    for quarter in range(1, QUARTERS + 1):
        around[:, quarter] = 0.8 * around[:, quarter - 1] + push[:, quarter]
    days = WEEK_START + 4.0
    office_week = np.stack([np.interp(days, QUARTER_START, row) for row in around])
    return Market(
        week=slump + wander - np.mean(slump + wander),
        season=(season - np.mean(season)) * effects.season,
        office_quarter=trouble * effects.offices,
        office_week=office_week * effects.offices,
    )


def programme_start(seed: int) -> Ints:
    """The day on which the programme starts in each office: a random half starts first, the others later."""
    late = stream(seed, Part.PROGRAMME).permutation(len(OFFICES)) >= len(OFFICES) // 2
    return np.where(late, PROGRAMME_STARTS[1], PROGRAMME_STARTS[0])


def programme_share(starts: Ints, effects: Effects) -> Floats:
    """How much of the programme's effect is there on the average day of a quarter: offices x quarters, 0 to 1."""
    days = np.arange(QUARTER_START[0], QUARTER_START[-1])
    begins = QUARTER_START[:-1] - QUARTER_START[0]
    mean: Floats = np.add.reduceat(_reached(starts, days), begins, axis=1) / np.diff(QUARTER_START)
    return mean * effects.programme


def programme_boost(starts: Ints, effects: Effects) -> Floats:
    """The programme's effect on how often accounts order in a week: offices x weeks, a logarithm."""
    return PROGRAMME_ORDERS * _reached(starts, WEEK_START + 4) * effects.programme


def _reached(starts: Ints, days: Ints) -> Floats:
    """How much of the programme's effect each office has reached on days: offices x days, 0 to 1."""
    reached: Floats = np.clip((days - starts[:, None]) / PROGRAMME_RAMP, 0, 1)
    return reached


def programme(seed: int) -> pa.Table:
    """The contract's table `programme`."""
    starts = programme_start(seed)
    order = np.lexsort((np.array([office[0] for office in OFFICES]), starts))
    return pa.table(
        {
            "started_on": names.dates(starts[order]),
            "name": pa.array([PROGRAMME] * len(OFFICES)),
            "sales_office": pa.array([office[0] for office in OFFICES]).take(pa.array(order)),
        }
    )
