"""All tables of a chunk but accounts, their history and orders; and the tables that sum over the whole book."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from crm_analysis.book.demo import effort, funnel, invoices, markets, steering, summaries, surveys, terms
from crm_analysis.book.demo.catalogue import FAMILIES
from crm_analysis.book.demo.chunk import Chunk
from crm_analysis.book.demo.company import REGION_OF_OFFICE, REGIONS
from crm_analysis.book.demo.complaints import MENDED, complaints
from crm_analysis.book.demo.effects import Effects
from crm_analysis.book.demo.lines import families
from crm_analysis.book.demo.parameters import QUARTERS, Ints, Luck, Part, quarter_of, stream
from crm_analysis.book.demo.people import contacts

# company's spend without an account: what it costs in cents a quarter, on top of what is counted
_ORDER, _COMPLAINT = 1_900, 24_000  # handling of one
_UNRECORDED = {"visits": 1.35, "call centre": 1.6}  # of the cost of recorded contacts
_MARKETING, _MANAGEMENT, _SYSTEMS = 0.011, 0.024, 0.009  # shares of a usual quarter's revenue


class Totals:
    """Sums over the book that its last tables need, in whole cents and counts by quarter."""

    def __init__(self) -> None:
        self.by_family: Ints = np.zeros((QUARTERS, len(FAMILIES)), dtype=np.int64)
        self.by_region: Ints = np.zeros((QUARTERS, len(REGIONS)), dtype=np.int64)
        self.orders: Ints = np.zeros(QUARTERS, dtype=np.int64)
        self.complaints: Ints = np.zeros(QUARTERS, dtype=np.int64)
        self.contacts: Ints = np.zeros((QUARTERS, 2), dtype=np.int64)  # cents of visits, of calls and mails

    def add(self, chunk: Chunk, complained_on: Ints, met: effort.Interactions) -> None:
        """Counts a chunk in."""
        line = chunk.line
        quarter = quarter_of(line.ordered_on)
        self.by_family += _sums(quarter, families(line), line.revenue, len(FAMILIES))
        region = REGION_OF_OFFICE[chunk.accounts.first_office]
        self.by_region += _sums(quarter, region[line.account], line.revenue, len(REGIONS))
        opening = np.flatnonzero(np.diff(line.order, prepend=-1))
        self.orders += np.bincount(quarter[opening], minlength=QUARTERS)
        self.complaints += np.bincount(quarter_of(complained_on), minlength=QUARTERS)
        self.contacts += _sums(quarter_of(met.day), (met.channel != effort.VISIT).astype(np.int64), met.cost, 2)


def _sums(quarter: Ints, column: Ints, cents: Ints, columns: int) -> Ints:
    """Sums of cents, quarters x columns; those of a chunk are far below what a double holds exactly."""
    sums = np.bincount(quarter * columns + column, weights=cents, minlength=QUARTERS * columns)
    return sums.astype(np.int64).reshape(QUARTERS, columns)


def records(seed: int, turn: int, chunk: Chunk, totals: Totals) -> dict[str, pa.Table]:
    """The tables of the chunk of that turn, by name; `totals` grows by what is in them."""

    def rng(part: Part) -> np.random.Generator:
        return stream(seed, part, turn)

    complained = complaints(rng(Part.COMPLAINTS), Luck(seed, Part.COMPLAINTS), chunk)
    people = contacts(rng(Part.CONTACTS), chunk)
    invitations, answers = surveys.surveys(rng(Part.SURVEYS), chunk, people)
    met = effort.interactions(rng(Part.INTERACTIONS), chunk)
    opportunities, changes = funnel.funnel(rng(Part.OPPORTUNITIES), chunk)
    totals.add(chunk, complained.opened_on, met)
    return {
        "invoices": invoices.invoices(rng(Part.INVOICES), chunk),
        "complaints": complained.table(chunk),
        "surveys": answers,
        "survey_invitations": invitations,
        "interactions": met.table(chunk),
        "spend": effort.account_spend(rng(Part.SPEND), chunk),
        "opportunities": opportunities,
        "stage_changes": changes,
        "contracts": terms.contracts(rng(Part.CONTRACTS), chunk),
        "market_surveys": markets.market_surveys(rng(Part.MARKET_SURVEYS), chunk),
        "contacts": people.table(chunk),
        "summaries": summaries.summaries(rng(Part.SUMMARIES), chunk, complained),
        "exits": terms.exits(rng(Part.EXITS), chunk),
        "decisions": steering.decisions(rng(Part.DECISIONS), chunk),
    }


def planted(effects: Effects) -> dict[str, object]:
    """What is planted in these tables, for the truth: constants that an analysis may try to find."""
    return {
        "drivers": surveys.drivers(),
        "contacts_with_low_accounts_under_programme": -effort.FEWER_AT_LOW * effects.programme,
        "contacts_with_others_under_programme": effort.MORE_ELSEWHERE * effects.programme,
        "days_to_close_complaints_under_programme": -MENDED * effects.programme,
    }


def closing_records(seed: int, totals: Totals) -> dict[str, pa.Table]:
    """The rows that sum over the whole book, once all chunks are counted in."""
    return {
        "spend": _company_spend(stream(seed, Part.COMPANY_SPEND), totals),
        "markets": markets.markets(stream(seed, Part.MARKETS), totals.by_family),
        "targets": steering.targets(stream(seed, Part.TARGETS), totals.by_region),
    }


def _company_spend(rng: np.random.Generator, totals: Totals) -> pa.Table:
    """Rows of `spend` without an account: the activities' cost by quarter, and what stays whoever is served."""
    usual = totals.by_family.sum() / QUARTERS
    wobble = rng.uniform(0.93, 1.07, (7, QUARTERS))
    grown = 1 + 0.006 * np.arange(QUARTERS)
    activities = {
        "call centre": (_UNRECORDED["call centre"] * totals.contacts[:, 1] * wobble[0], False),
        "complaints": (_COMPLAINT * totals.complaints * wobble[1], False),
        "management": (_MANAGEMENT * usual * grown * wobble[2], True),
        "marketing": (_MARKETING * usual * grown * wobble[3], True),
        "order handling": (_ORDER * totals.orders * wobble[4], False),
        "systems and rooms": (_SYSTEMS * usual * grown * wobble[5], True),
        "visits": (_UNRECORDED["visits"] * totals.contacts[:, 0] * wobble[6], False),
    }
    quarter = np.tile(np.arange(QUARTERS), len(activities))
    cents = np.rint(np.maximum(0, np.concatenate([amount for amount, _ in activities.values()]))).astype(np.int64)
    names = np.repeat(list(activities), QUARTERS)
    fixed = np.repeat([stays for _, stays in activities.values()], QUARTERS)
    return effort.spend_table(quarter, pa.array(names.tolist()), cents, pa.nulls(len(cents), pa.string()), fixed)
