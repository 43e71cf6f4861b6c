"""How often a traffic light calls noise a change, and how large a change lights it.

    python benchmarks/kpi_lights.py [--minutes 8] [--every 2 --at 0]

Simulated companies whose accounts come, go and grow, with a season, heavy-tailed sizes and shocks that hit all accounts
of a sales office in a quarter, and in which nothing changes over time. Of each the panel is made from its numbers and
the lights of a pack are lit as the page does. Then the same with a change planted. Goes on where it stopped; writes
benchmarks/results/kpi_lights.csv and its section of docs/kpi_measured.md.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import time
from dataclasses import dataclass
from pathlib import Path

import measured_page
import numpy as np
import pandas as pd
from scipy.stats import binomtest

from crm_analysis.kpi.comparison import change as comparison
from crm_analysis.kpi.comparison.lights import SAME, UNKNOWN, lights
from crm_analysis.kpi.panel import Panel
from crm_analysis.periods import quarter_end
from crm_analysis.value.segments import Bars

HERE = Path(__file__).resolve()
RESULTS = HERE.parent / "results" / "kpi_lights.csv"
PAGE, TITLE = HERE.parents[1] / "docs" / "kpi_measured.md", "# KPIs, as measured"
QUARTERS = 17
LONG, LASTS, STAY = 60, 10, 0.17
KNOWN = (LASTS + QUARTERS) / (LONG + QUARTERS)
"""Share of those who ever came that are there in some quarter."""
SEASON = np.array([0.85, 1.1, 0.9, 1.15])
MOST = 0.07
BOOKS, POWER = 63, 15  # of each kind and window, and of each size of effect
WINDOWS = ("quarter", "year")
PLANTED_IN = ("shocks", "many accounts")
EFFECTS = (0.05, 0.1, 0.2, 0.3)
DIMENSIONS = {"company": "company", "segment": "class", "region": "region", "sales_office": "office"}
PLANTED = {"revenue": "revenue", "complaints_per_100_orders": "complaints per 100 orders"}


@dataclass(frozen=True)
class Company:
    """A kind of company: accounts and offices; the standard deviation of what hits an office in a quarter (in logs of
    orders; half of it in the odds of shares), its correlation from one quarter to the next; how uneven sizes are; so
    many quarters ago one was odd, with a tenth fewer lines on time.
    """

    accounts: int
    offices: int
    shock: float
    lasting: float = 0.0
    uneven: float = 1.2
    odd: int = 0


COMPANIES = {
    "no shocks": Company(500, 18, 0.0),
    "shocks": Company(500, 18, 0.15),
    "strong shocks": Company(500, 18, 0.3),
    "lasting shocks": Company(500, 18, 0.3, 0.8),
    "few large accounts": Company(500, 18, 0.15, 0.0, 2.0),
    "five offices": Company(250, 5, 0.15),
    "one office": Company(250, 1, 0.0),
    "many accounts": Company(3000, 18, 0.15),
    "one odd quarter": Company(500, 18, 0.15, odd=5),
}


def panel_of(kind: Company, rng: np.random.Generator, effect: float = 0.0) -> Panel:
    """A company in numbers. `effect`: by how much orders of all accounts rise, and complaints fall, in the last quarter
    (in logs).
    """
    # a third of accounts is there all the time, the others come and go, ever since long ago, and last ten quarters
    many = int(kind.accounts * STAY), int(kind.accounts * (1 - STAY) / KNOWN)
    born = np.r_[np.full(many[0], -LONG), rng.integers(-LONG, QUARTERS, many[1])]
    dies = np.r_[np.full(many[0], LONG), born[many[0] :] + rng.geometric(1 / LASTS, many[1])]
    born, dies = born[dies > 0], dies[dies > 0]
    n = len(born)
    shape = QUARTERS, n
    office = rng.integers(0, kind.offices, n)
    size = np.exp(rng.normal(0, kind.uneven, n))
    size = size / size.mean() * 4
    at = np.arange(QUARTERS)[:, None]
    there = (at >= born) & (at < dies)
    young = np.where(at - born < 2, 0.6, 1.0)  # who has just come buys less

    def shocks() -> np.ndarray:
        if kind.shock == 0:
            return np.zeros(shape)
        made = np.empty((QUARTERS, kind.offices))
        last = rng.normal(0, 1, kind.offices)
        for place in range(QUARTERS):
            last = kind.lasting * last + np.sqrt(1 - kind.lasting**2) * rng.normal(0, 1, kind.offices)
            made[place] = last
        return kind.shock * made[:, office]

    drift = rng.normal(0, 0.3, shape)
    for place in range(1, QUARTERS):
        drift[place] = 0.95 * drift[place - 1] + np.sqrt(1 - 0.95**2) * drift[place]
    season = SEASON[(np.arange(QUARTERS) + 2) % 4][:, None]
    lift = np.where(at == QUARTERS - 1, effect, 0.0)
    rate = np.where(there, size * young * season * np.exp(drift + shocks() + lift), 0.0)
    orders = rng.poisson(rate).astype(float)
    price = np.exp(rng.normal(6, 0.8, n))
    revenue = price * rng.gamma(np.maximum(orders, 1e-9) * 1.5, 1 / 1.5) * (orders > 0)

    def share(of: np.ndarray, middle: float, each: float) -> np.ndarray:
        """How many of so many, the odds differing by account, office and quarter."""
        odds = np.log(middle / (1 - middle)) + rng.normal(0, each, n) + shocks() / 2
        return rng.binomial(of.astype(int), 1 / (1 + np.exp(-odds))).astype(float)

    margin = revenue * np.clip(0.25 + rng.normal(0, 0.06, n) + rng.normal(0, 0.05, shape) + shocks() / 10, -0.5, 0.9)
    complaints = rng.poisson(rate * 0.08 * rng.gamma(0.7, 1 / 0.7, n) * np.exp(shocks() - 2 * lift)).astype(float)
    closed = rng.binomial(complaints.astype(int), 0.9).astype(float)
    waits = closed * rng.gamma(2, 6, shape) * np.exp(shocks())
    due = orders
    contacts = rng.poisson(np.where(there, 1 + np.sqrt(size), 0.0) * np.exp(shocks())).astype(float)
    answers = rng.binomial(2, 0.15, shape) * (orders > 0).astype(float)
    promoters = share(answers, 0.4, 0.8)
    measures = {
        "orders": orders,
        "order_days": orders,
        "revenue": revenue,
        "costed_revenue": revenue,
        "margin": margin,
        "complaints": complaints,
        "closed": closed,
        "closing_days": waits,
        "shipped": orders,
        "shipping_days": orders * rng.gamma(4, 2, shape) * np.exp(shocks() / 2),
        "due": due,
        "on_time": share(due, 0.88, 0.5),
        "contacts": contacts,
        "contacts_said": contacts,
        "contacts_ours": share(contacts, 0.45, 0.7),
        "minutes": contacts * rng.gamma(3, 8, shape),
        "nps_answers": answers,
        "promoters": promoters,
        "detractors": share(answers - promoters, 0.3, 0.8),
        "csat_answers": answers,
        "satisfied": share(answers, 0.7, 0.8),
        "invited": 2.0 * (orders > 0),
        "responded": answers,
    }
    if kind.odd:
        measures["on_time"][-1 - kind.odd] = np.floor(measures["on_time"][-1 - kind.odd] * 0.9)
    ends = tuple(quarter_end(f"{2022 + (place + 2) // 4}Q{(place + 2) % 4 + 1}") for place in range(QUARTERS))
    classes, bars = classes_of(measures["revenue"], orders)
    words = np.array([f"O{place:02}" for place in range(kind.offices)], dtype=object)
    regions = np.array([f"R{place % 3}" for place in range(kind.offices)], dtype=object)
    return Panel(
        account_id=np.array([f"A{place:05}" for place in range(n)], dtype=object),
        ends=ends,
        covered=(True,) * QUARTERS,
        measures=measures,
        why={},
        since={},
        bars=bars,
        baseline=ends[-5],
        classes=classes,
        first_order=np.full(n, np.datetime64("2020-01-01")),
        groups={
            "sales_office": np.tile(words[office], (QUARTERS, 1)),
            "region": np.tile(regions[office], (QUARTERS, 1)),
        },
        cluster={"account": np.arange(n), "sales_office": office},
    )


def classes_of(revenue: np.ndarray, orders: np.ndarray) -> tuple[np.ndarray, Bars]:
    """Classes of the year to each quarter by bars of the fifth year before the last, as the panel has them."""
    classes = np.full(revenue.shape, -1, dtype=np.int8)
    base = np.sort(revenue[QUARTERS - 8 : QUARTERS - 4].sum(axis=0))[::-1]
    part = np.cumsum(base) / base.sum()
    high, mid = (float(base[int((part < bar).sum())]) for bar in (0.5, 0.8))
    for place in range(3, QUARTERS):
        year = revenue[place - 3 : place + 1].sum(axis=0)
        bought = orders[place - 3 : place + 1].sum(axis=0) > 0
        classes[place] = np.where(bought, np.select([year >= high, year >= mid], [2, 1], 0), -1)
    return classes, Bars(high, mid, None)


def told(name: str, window: str, book: int, effect: float) -> dict[str, float | str]:
    """What the lights of one book say."""
    seed = [book, list(COMPANIES).index(name), int(effect * 1000)]
    found = lights(panel_of(COMPANIES[name], np.random.default_rng(seed), effect), window)
    known = found[found["light"] != UNKNOWN]
    whole = known[known["dimension"] == "company"]
    hit = whole[whole["kpi"].isin(list(PLANTED))].set_index(["kpi", "against"])
    row: dict[str, float | str] = {"company": name, "window": window, "book": book, "effect": effect}
    row |= {"cells": len(known)}
    row |= {"lit": int((known["light"] != SAME).sum()), "alone": int((known["p"] <= 0.05).sum())}
    for dimension in DIMENSIONS:
        own = known[known["dimension"] == dimension]
        row |= {f"cells_{dimension}": len(own), f"alone_{dimension}": int((own["p"] <= 0.05).sum())}
        row |= {f"lit_{dimension}": int((own["light"] != SAME).sum())}
    for kpi, against in itertools.product(PLANTED, ("year", "quarter")):
        there = effect > 0 and (kpi, against) in hit.index  # of the others, these are among all
        row[f"{kpi}_{against}"] = int(there and hit.loc[(kpi, against), "light"] != SAME)
        row[f"{kpi}_{against}_alone"] = int(there and hit.loc[(kpi, against), "p"] <= 0.05)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--every", type=int, default=1, help="of several runs at once, how many there are")
    parser.add_argument("--at", type=int, default=0, help="and which this is, from 0")
    options = parser.parse_args()
    # intervals take most of the time, and light nothing
    comparison.interval = lambda *_, **__: (np.nan, np.nan)
    done = set()
    if RESULTS.exists():
        old = pd.read_csv(RESULTS)
        done = set(zip(old["company"], old["window"], old["book"], old["effect"], strict=True))
    wanted = [
        (name, window, book, 0.0)
        for book in range(BOOKS)
        for window in WINDOWS
        for name, kind in COMPANIES.items()
        if not kind.odd or window == WINDOWS[0]  # against the year of it all is better, and rightly so
    ]
    planted = [(name, WINDOWS[0], book, effect) for book in range(POWER) for effect in EFFECTS for name in PLANTED_IN]
    wanted[48:48] = planted  # neither waits for the other
    end = time.perf_counter() + 60 * options.minutes
    for name, window, book, effect in wanted[options.at :: options.every]:
        if (name, window, book, effect) in done:
            continue
        if time.perf_counter() > end:
            break
        row = told(name, window, book, effect)
        new = not RESULTS.exists()
        names = list(row) if new else list(pd.read_csv(RESULTS, nrows=0))
        with RESULTS.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names)
            if new:
                writer.writeheader()
            writer.writerow(row)
    found = pd.read_csv(RESULTS)
    if (found["effect"] == 0).any():
        measured_page.put("kpi: lights", section(found), PAGE, TITLE)


def section(found: pd.DataFrame) -> list[str]:
    """What the page says."""
    still = found[found["effect"] == 0]
    lines = [
        "## Does a light call noise a change?",
        "",
        f"{len(still):,} packs of simulated companies in which nothing changes but by chance: accounts come, go and "
        "drift, there is a season, and shocks hit all accounts of a sales office in a quarter (standard deviation in "
        f"logs of orders: {COMPANIES['shocks'].shock}; strong and lasting: {COMPANIES['strong shocks'].shock}). *lit*: "
        "cells whose light says changed, of all cells of a pack (against a year ago and last quarter). *any*: packs "
        f"with a light at all, which may be 5 %; *p*: of the exact binomial test that these are at most {MOST:.0%}. "
        "*alone*: cells that would be lit if each were judged by itself at 5 %, for all and by dimension: what the "
        "test itself does, before false discoveries are controlled. *window*: of the figures against a year ago. *One "
        "odd quarter*: a tenth fewer lines on time in one quarter more than a year ago, which would make the step from "
        "the last quarter, less that of a year before, look like a change of today.",
        "",
        "| company | window | accounts, offices | books | cells of a pack | lit, % | any, % (p) | alone, % "
        + "".join(f"| {words} " for words in DIMENSIONS.values())
        + "|",
        "|---|---|---|---|---|---|---|---|" + "---|" * len(DIMENSIONS),
    ]
    for (name, kind), window in itertools.product(COMPANIES.items(), WINDOWS):
        own = still[(still["company"] == name) & (still["window"] == window)]
        if own.empty:
            continue
        cells, some = own["cells"].sum(), int((own["lit"] > 0).sum())
        p = binomtest(some, len(own), MOST, alternative="greater").pvalue
        each = [
            f"{own[f'alone_{dimension}'].sum() / own[f'cells_{dimension}'].sum():.1%}".rstrip("%")
            for dimension in DIMENSIONS
        ]
        lines.append(
            f"| {name} | {window} | {kind.accounts:,}, {kind.offices} | {len(own):,} | {cells / len(own):,.0f} "
            f"| {100 * own['lit'].sum() / cells:.3f} | {100 * some / len(own):.1f} ({p:.2f}) "
            f"| {100 * own['alone'].sum() / cells:.1f} | {' | '.join(each)} |"
        )
    groups = still.groupby(["company", "window"])[["lit", "cells"]].sum()
    counts = still.assign(any=still["lit"] > 0).groupby(["company", "window"])["any"].agg(["sum", "size"])
    rejected = sum(
        binomtest(int(some), int(many), MOST, alternative="greater").pvalue < 0.01
        for some, many in counts.itertuples(index=False)
    )
    lines += [
        "",
        f"- The acceptance: at most {MOST:.0%} of cells lit. The most of any row is "
        f"{100 * (groups['lit'] / groups['cells']).max():.3f} %. That even packs with any light are at most {MOST:.0%} "
        f"is rejected by {rejected} of {len(counts)} exact one-sided tests at 1 %.",
        "- Offices' own cells are careful: what their accounts have in common is learned from earlier quarters and "
        "added.",
        "",
        "## How large a change lights a light?",
        "",
        "Companies with shocks, all of whose accounts order more in the last quarter and complain less for each order; "
        f"{POWER} books of each size. Percent of packs in which the company's light is lit and, in brackets, in which "
        "its interval alone leaves out 0.",
        "",
        "| accounts | orders | complaints per 100 orders | revenue: against a year ago | against last quarter "
        "| complaints: a year ago | last quarter |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, effect in itertools.product(PLANTED_IN, EFFECTS):
        own = found[(found["effect"] == effect) & (found["company"] == name)]
        if own.empty:
            continue
        each = " | ".join(
            f"{100 * own[f'{kpi}_{against}'].mean():.0f} ({100 * own[f'{kpi}_{against}_alone'].mean():.0f})"
            for kpi in PLANTED
            for against in ("year", "quarter")
        )
        size = COMPANIES[name].accounts
        lines.append(f"| {size:,} | {np.expm1(effect):+.0%} | {np.expm1(-2 * effect):+.0%} | {each} |")
    return lines


if __name__ == "__main__":
    main()
