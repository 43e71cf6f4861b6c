"""Part of benchmarks/satisfaction.py: whether weighting for non-response lowers the error of a score.

Demo companies of 1,000 accounts, a seed each, with silence at work: the discontented mostly do not answer. The truth is
what all people asked would have said: the demo makes the answers of everybody who was asked, and then drops those of
people who stay silent, so that it is taken from the same draws, of the invitations that the score is of. A switch such
as `--without silence` would not do: other people answer then, and what they say does not change. Answers that the
person would have skipped stay unsaid.

Errors are absolute differences from that truth, in points; as heard and weighted are compared company by company.
"""

from __future__ import annotations

import csv
import datetime as dt
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import t as student

from crm_analysis.book import open_book
from crm_analysis.book.demo import demo, surveys
from crm_analysis.satisfaction.answers import answers
from crm_analysis.satisfaction.scores.answering import answering, known_before, trial
from crm_analysis.satisfaction.scores.invitations import invitations
from crm_analysis.satisfaction.scores.measures import promoted, top_two
from crm_analysis.satisfaction.scores.weighting import weighted

RESULTS = Path(__file__).resolve().parent / "results" / "satisfaction_silence.csv"
ACCOUNTS, SEEDS = 1000, range(1, 51)
DAY, SINCE = dt.date(2026, 9, 30), dt.date(2025, 9, 30)
SCORES = ("content", "top_two", "nps")


@contextmanager
def everybody() -> Iterator[list[pd.DataFrame]]:
    """Records what all people asked would say of us while a demo is made: account_id, person, sent, and the scores."""
    said: list[pd.DataFrame] = []
    made = surveys._customers

    def recorded(rng, chunk, row, account, answered_on, codes):
        own, other = made(rng, chunk, row, account, answered_on, codes)
        satisfied, recommends = (own.score[:, place] for place in (surveys._SATISFACTION, surveys._RECOMMENDATION))
        width = own.top - 1.0
        share = np.where(satisfied >= 0, (satisfied - 1) / width, np.nan)
        ten = np.where(recommends >= 0, recommends / 10, np.nan)
        said.append(
            pd.DataFrame(
                {
                    "account_id": chunk.account_id(account).to_pylist(),
                    "person": own.respondent.to_pylist(),
                    "answered_on": answered_on.astype("datetime64[D]").astype("datetime64[ns]"),
                    "content": share,
                    "top_two": top_two(share, width),
                    "nps": promoted(ten, np.full(len(ten), 10.0)),
                }
            )
        )
        return own, other

    surveys._customers = recorded
    try:
        yield said
    finally:
        surveys._customers = made


def one_company(seed: int) -> list[dict[str, object]]:
    """A row per score: seed, score, truth, points, weighted, low, high, low_odds, high_odds, auc, people."""
    with tempfile.TemporaryDirectory() as place:
        os.environ["CRM_ANALYSIS_CACHE"] = str(Path(place) / "cache")
        with everybody() as said:
            demo(Path(place) / "demo", accounts=ACCOUNTS, seed=seed, format="parquet")
        book = open_book(Path(place) / "demo").as_of(DAY)
        found = answers(book, DAY)
        asked = invitations(book, DAY, found)
        frame = known_before(book, asked)
        model = answering(frame, habits=False)
        rows = frame[frame["sent_on"] > pd.Timestamp(SINCE)].reset_index(drop=True)
        table = weighted(found.ours, rows, model).set_index("score")
        told = trial(frame)
    all_said = pd.concat(said).sort_values("answered_on")
    whole = pd.merge_asof(
        rows[["account_id", "person", "sent_on"]].sort_values("sent_on"), all_said, left_on="sent_on",
        right_on="answered_on", by=["account_id", "person"], direction="forward", tolerance=pd.Timedelta(days=40),
    )  # fmt: skip
    assert whole["answered_on"].notna().all()
    truth = whole.groupby("account_id")[list(SCORES)].mean().mean() * 100
    kept = ["points", "weighted", "low", "high", "low_odds", "high_odds", "people_asked", "people_heard"]
    return [
        {"seed": seed, "score": name, "truth": truth[name], "auc": told.auc}
        | {key: table.at[name, key] for key in kept}
        for name in SCORES
    ]


def run(until: float) -> bool:
    """Companies not yet in the results; False if time ran out."""
    RESULTS.parent.mkdir(exist_ok=True)
    done = set(read()["seed"]) if RESULTS.exists() else set()
    for seed in SEEDS:
        if seed in done:
            continue
        if time.perf_counter() > until:
            return False
        rows = one_company(seed)
        fresh = not RESULTS.exists()
        with RESULTS.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            if fresh:
                writer.writeheader()
            writer.writerows(rows)
    return True


def read() -> pd.DataFrame:
    return pd.read_csv(RESULTS)


def complete() -> bool:
    return RESULTS.exists() and set(SEEDS) <= set(read()["seed"])


def section() -> list[str]:
    """The part of the page."""
    found = read()
    found = found[found["seed"].isin(SEEDS)]
    lines = [
        "## Weighting for non-response",
        "",
        f"{len(SEEDS)} demo companies of {ACCOUNTS:,} accounts (seeds {SEEDS[0]} to {SEEDS[-1]}), as of {DAY}, "
        "invitations of twelve months. The truth is what all people asked would have said: the demo makes the answers "
        "of everybody asked before it drops those of people who stay silent, and the benchmark keeps them. Errors are "
        "absolute differences from it, in points; lower is the mean difference of the two errors, company by company, "
        "with its 95 % interval (Student) and p-value. Bias is the mean difference from the truth.",
        "",
        "| score | people heard of asked | bias as heard | bias weighted | error as heard | error weighted | lower by "
        "| companies with less error | truth in 90 % interval | truth in bounds for twice the odds |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, own in found.groupby("score", sort=False):
        raw, mended = (own["points"] - own["truth"]).abs(), (own["weighted"] - own["truth"]).abs()
        gain = raw - mended
        error = float(gain.std(ddof=1) / np.sqrt(len(gain)))
        half = float(student.ppf(0.975, len(gain) - 1)) * error
        p = 2 * float(student.sf(abs(gain.mean()) / error, len(gain) - 1))
        inside = own["truth"].between(own["low"], own["high"]).mean()
        bounded = own["truth"].between(own["low_odds"], own["high_odds"]).mean()
        lines.append(
            f"| {name} | {own['people_heard'].mean():.0f} of {own['people_asked'].mean():.0f} | "
            f"{(own['points'] - own['truth']).mean():+.2f} | {(own['weighted'] - own['truth']).mean():+.2f} | "
            f"{raw.mean():.2f} | {mended.mean():.2f} | {gain.mean():.2f} ({gain.mean() - half:.2f} to "
            f"{gain.mean() + half:.2f}; p {'< 0.0001' if p < 1e-4 else f'= {p:.4f}'}) | "
            f"{int((gain > 0).sum())} of {len(gain)} | {inside:.0%} | {bounded:.0%} |"
        )
    auc = found.drop_duplicates("seed")["auc"].mean()
    wide = (found["points"] - found["truth"]).abs() - (found["weighted"] - found["truth"]).abs()
    gains = wide.groupby(found["score"]).agg(["mean", "sem"])
    lower = int((gains["mean"] > 0).sum())
    sure = int((gains["mean"] > student.ppf(0.975, len(SEEDS) - 1) * gains["sem"]).sum())
    lines += [
        "",
        f"The average error is lower with weights for {lower} of {len(gains)} scores, beyond chance for {sure}. "
        f"Weighting mends what features known before the invitation explain (AUC of who answers, out of time: "
        f"{auc:.2f}); most of the bias stays, because the discontented of the demo are silent beyond what its tables "
        "show. That is what the bounds are for, and why the page shows them. Which features the weights take was "
        "chosen on 40 other companies (seeds 1001 to 1040, none of these).",
    ]
    return lines
