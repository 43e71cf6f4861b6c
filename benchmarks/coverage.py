"""Whether nominal 90 % intervals of orders and of value hold 90 %, on books that do what a model says.

    python benchmarks/coverage.py [--accounts 250 5000] [--books 500 128] [--seconds 0]

Simulates so many books of each truth (half with Gamma-Gamma amounts, half with normal ones), fits each with the true
family (k chosen by the model), and looks where in its forecast the horizon of every account fell, by randomised PIT:
counts are discrete, and an interval of whole orders that holds at least 90 % holds more. A refused fit is fitted again
with prior=2. Rows go to benchmarks/results as they come, so that a run stopped after `--seconds`, or otherwise, goes on
where it was. Then writes docs/coverage.md. A book's number is its seed.
"""

from __future__ import annotations

import argparse
import csv
import platform
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from crm_analysis.errors import UserError
from crm_analysis.value.lifetime.counts import crowded, of_accounts
from crm_analysis.value.lifetime.dropout import BGNBD, MBGCNBD
from crm_analysis.value.lifetime.gamma_gamma import GammaGamma
from crm_analysis.value.lifetime.normal_spend import NormalSpend
from crm_analysis.value.lifetime.pareto import ParetoNBD
from crm_analysis.value.lifetime.simulated import (
    gamma_gamma_amounts,
    leaving_at_any_time,
    leaving_at_orders,
    normal_amounts,
)
from crm_analysis.value.lifetime.worth import lifetime_value

ROOT = Path(__file__).resolve().parents[1]
HORIZONS = ("12M", "36M")
LEVEL, DRAWS, PRIOR = 0.9, 64, 2.0
WEEKS = (13, 156)  # since an account's first order: uniform between these
TRUTHS = {
    "BG/NBD, as CDNOW": (BGNBD, {"r": 0.25, "alpha": 4.4, "a": 0.79, "b": 2.4}, {"first": False}),
    "BG/NBD, as in business": (BGNBD, {"r": 0.8, "alpha": 6.0, "a": 0.5, "b": 8.0}, {"first": False}),
    "MBG/CNBD-2": (MBGCNBD, {"r": 1.3, "alpha": 2.8, "a": 0.42, "b": 0.79}, {"k": 2}),
    "Pareto/NBD": (ParetoNBD, {"r": 0.55, "alpha": 10.6, "s": 0.61, "beta": 11.7}, None),
}
SPENDS = {
    "Gamma-Gamma": (GammaGamma, gamma_gamma_amounts, {"p": 6.25, "q": 3.74, "v": 15.44}),
    "normal": (NormalSpend, normal_amounts, {"kappa": 2.0, "nu": 6.0, "s": 40.0, "mu0": 60.0}),
}
SHARES = [f"{what}_{horizon}" for what in ("orders", "value") for horizon in HORIZONS]
COLUMNS = ["truth", "spend", "book", "refused", "spend_refused", "k", *SHARES, *(f"one_{name}" for name in SHARES)]


def one_book(accounts: int, truth: str, book: int) -> dict[str, object]:
    """How many of a book's accounts fell within their intervals, and whether one of them, drawn by lot, did."""
    rng = np.random.default_rng([accounts, list(TRUTHS).index(truth), book])
    family, params, process = TRUTHS[truth]
    spend = list(SPENDS)[book % len(SPENDS)]
    spending, amounts_of, of_amounts = SPENDS[spend]
    T = rng.uniform(*WEEKS, accounts)
    more = {"within": HORIZONS[:-1], "amounts": amounts_of(rng, accounts, of_amounts)}
    if process is None:
        histories = leaving_at_any_time(rng, T, HORIZONS[-1], params, **more)
    else:
        histories = leaving_at_orders(rng, T, HORIZONS[-1], params, **process, **more)
    frame, lot = histories.frame, int(rng.integers(accounts))
    model, refused = fitted(family(), histories)
    money, spend_refused = fitted(spending(), histories)
    row: dict[str, object] = {"truth": truth, "spend": spend, "book": book, "k": getattr(model, "k_", "")}
    row |= {"refused": refused, "spend_refused": spend_refused}
    for horizon in HORIZONS:
        ending = "" if horizon == HORIZONS[-1] else f"_{horizon}"
        places = {}
        if model is not None:
            places["orders"] = of_orders(rng, model, histories, horizon, frame[f"orders{ending}"].to_numpy())
        if model is not None and money is not None:
            draws = lifetime_value(histories, model, money, horizon=horizon, draws=DRAWS)._draws
            places["value"] = among(rng, draws, frame[f"value{ending}"].to_numpy())
        for what, place in places.items():
            inside = (place > (1 - LEVEL) / 2) & (place < (1 + LEVEL) / 2)
            row[f"{what}_{horizon}"] = round(float(inside.mean()), 6)
            row[f"one_{what}_{horizon}"] = int(inside[lot])
    return row


def fitted(model, histories):
    """The model and how it was fitted: 0 at once, 1 with a prior after a refusal; None and 2 where that failed too."""
    try:
        return model.fit(histories), 0
    except UserError:
        if "prior" not in model.get_params():
            return None, 2
    try:
        return model.set_params(prior=PRIOR).fit(histories), 1
    except UserError:
        return None, 2


def of_orders(rng, model, histories, horizon, orders):
    """Where in its distribution, over parameter draws as over chance, each number of orders lies."""
    t = histories.time(horizon)
    place = np.empty(len(orders))
    for of, theta, x, tx, T in model._blocks(histories.frame, model.parameter_draws(DRAWS)):
        y = orders[of]
        least, more = np.ones(len(of)), np.empty(len(of))
        many = crowded(model, theta, x, T, t)
        if many.any():  # too many to be walked through
            own = of_accounts(theta, many), x[many], tx[many], T[many], t
            least[many] = np.where(y[many] == 0, 1, model._at_least(*own, np.maximum(y[many], 1)).mean(axis=0))
            more[many] = model._at_least(*own, y[many] + 1).mean(axis=0)
        going, turn = np.flatnonzero(~many), 0
        steps = model._steps(of_accounts(theta, ~many), x[~many], tx[~many], T[~many], t) if len(going) else None
        while len(going):
            tail = steps.step().mean(axis=0)
            turn += 1
            least[going] = np.where(y[going] == turn, tail, least[going])
            more[going] = np.where(y[going] == turn - 1, tail, more[going])
            left = y[going] >= turn
            if not left.all():
                steps.keep(left)
                going = going[left]
        place[of] = more + rng.random(len(y)) * (least - more)
    return place


def among(rng, draws, values):
    """Where each value lies among as many draws of it, ties broken by lot."""
    values = values.astype(draws.dtype)
    below, same = (draws < values).sum(axis=0), (draws == values).sum(axis=0)
    return (below + rng.random(len(values)) * (same + 1)) / (len(draws) + 1)


def path(accounts: int) -> Path:
    return ROOT / "benchmarks" / "results" / f"coverage_{accounts}.csv"


def run(accounts: int, books: int, until: float) -> bool:
    """The books that are still missing; whether all are there now."""
    path(accounts).parent.mkdir(exist_ok=True)
    done = set()
    if path(accounts).exists():
        done = set(pd.read_csv(path(accounts))[["truth", "book"]].itertuples(index=False, name=None))
    with path(accounts).open("a", newline="", encoding="utf-8") as file:
        rows = csv.DictWriter(file, COLUMNS)
        if not done:
            rows.writeheader()
        for book in range(books):
            for truth in TRUTHS:
                if (truth, book) in done:
                    continue
                if time.perf_counter() > until:
                    return False
                rows.writerow(one_book(accounts, truth, book))
                file.flush()
    return True


def percent(value: float) -> str:
    return f"{100 * value:.1f}"


def line(name: str, spend: str, rows: pd.DataFrame) -> str:
    p = [
        binomtest(int(rows[f"one_{what}_36M"].sum()), int(rows[f"one_{what}_36M"].count()), LEVEL).pvalue
        for what in ("orders", "value")
    ]
    between = [rows[f"{what}_36M"].dropna().between(0.85, 0.95).mean() for what in ("orders", "value")]
    cells = [
        name,
        spend,
        f"{len(rows):,}",
        f"{(rows['refused'] > 0).sum():,}",
        f"{(rows['spend_refused'] > 0).sum():,}",
    ]
    cells += [percent(rows[column].mean()) for column in SHARES]
    cells += [f"{value:.2f}" for value in p] + [percent(value) for value in between]
    return f"| {' | '.join(cells)} |"


def page(sizes: list[int]) -> str:
    lines = [
        "# Coverage of intervals",
        "",
        f"Written by `python benchmarks/coverage.py` (Python {platform.python_version()}): accounts simulated to do",
        f"what a model says, first orders {WEEKS[0]} to {WEEKS[1]} weeks ago, fitted with the true family (k chosen by",
        "the model), and how many of them fell within the nominal 90 % interval of the orders, and of the discounted",
        "value, of the 12 and the 36 months to come, in percent, by randomised PIT. An interval holds what is unknown",
        "of the parameters and what chance does. *Refused* counts books whose fit of orders, and of spend, was refused",
        f"for telling too little and made again with prior={PRIOR:g}, if the model has one. The intervals of a book's",
        "accounts share their fit, so the exact test of 90 % (p, 36 months) takes one account of each book, drawn by",
        "lot. *Within 85-95*: the percentage of books of which 85 to 95 % of the accounts fell within (36 months).",
    ]
    for accounts in sizes:
        rows = pd.read_csv(path(accounts))
        lines += ["", f"## Books of {accounts:,} accounts", ""]
        lines += [
            "| orders | spend | books | refused | spend refused | orders 12M | orders 36M | value 12M | value 36M "
            "| p, orders | p, value | orders within 85-95 | value within 85-95 |",
            "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
        ]
        lines += [
            line(truth, spend, rows[(rows["truth"] == truth) & (rows["spend"] == spend)])
            for truth in TRUTHS
            for spend in SPENDS
        ]
        lines += [line("all", "", rows), ""]
        means = rows[SHARES].mean()
        holds = bool(means.between(0.88, 0.92).all()) and len(rows) >= 500
        found = ", ".join(f"{name.replace('_', ' ')} {percent(means[name])}" for name in SHARES)
        verdict = "holds" if holds else "DOES NOT HOLD"
        lines += [
            f"Mean coverage between 88 and 92 % over at least 500 books: {verdict} ({len(rows):,} books; {found})."
        ]
        if without := int(rows["value_36M"].isna().sum()):
            lines.append(f"{without:,} books had no value: a prior did not help their fit either.")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, nargs="+", default=[250, 5000])
    parser.add_argument("--books", type=int, nargs="+", default=[500, 128], help="of each truth, per size")
    parser.add_argument("--seconds", type=float, default=np.inf, help="stop after so many")
    options = parser.parse_args()
    until = time.perf_counter() + options.seconds
    sizes = dict(zip(options.accounts, options.books, strict=True))
    if not all(run(accounts, books, until) for accounts, books in sizes.items()):
        sys.stdout.write("stopped; the same command goes on\n")
        return
    there = [accounts for accounts in (250, 5000) if path(accounts).exists()]
    (ROOT / "docs" / "coverage.md").write_text(page(there), encoding="utf-8")


if __name__ == "__main__":
    main()
