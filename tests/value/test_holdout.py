"""Which model earns its place: published errors, books with a known answer, and no view of the future."""

from __future__ import annotations

import datetime as dt
import os
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from buying import END, bg_nbd_days, book_of_days, cdnow_days, seasonal_days
from lifetimes import BetaGeoFitter

from crm_analysis.book import Book, open_book
from crm_analysis.errors import BookError, UserError
from crm_analysis.value.baselines import BASELINES, BoughtLately, LastWindow, Rate
from crm_analysis.value.histories import histories
from crm_analysis.value.holdout import Holdout, auto, holdout, origins
from crm_analysis.value.lifetime.dropout import BGNBD, MBGCNBD
from crm_analysis.value.lifetime.pareto import ParetoNBD
from crm_analysis.value.past_forecast import past_forecast
from crm_analysis.value.splits import Split, Splits

CHECKOUT = Path(__file__).parents[2]
DATA = Path(os.environ.get("CRM_ANALYSIS_DATA") or CHECKOUT.parent / "shared" / "data")
DAYS = (dt.date(2025, 9, 30), dt.date(2025, 3, 31))


class AlwaysZero(Rate):
    """A forecast of no orders, nearly certain."""

    title = "always zero"

    def fit(self, histories, window, orders):
        super().fit(histories, window, orders)
        self._learned(np.log([1e-6, 1e-9, 1.0]), self.covariance_.to_numpy() * 0)
        return self


@cache
def cdnow_book() -> Book:
    return book_of_days(cdnow_days(), extracted_on=dt.date(1998, 6, 30))


@cache
def cdnow_split() -> Split:
    return Splits(cdnow_book()).at(dt.date(1997, 9, 30), "39W")


@pytest.fixture(scope="module")
def cdnow() -> Holdout:
    models = [BGNBD(), MBGCNBD(k=1), ParetoNBD(), AlwaysZero(), *(kind() for kind in BASELINES)]
    return holdout(cdnow_book(), "1998-06-30", "39W", models, dates=["1997-09-30"])


@pytest.fixture(scope="module")
def alive() -> dict[str, list[dt.date]]:
    """300 accounts of BG/NBD that often leave."""
    return bg_nbd_days(np.random.default_rng(11), 300, r=1.2, alpha=6.0, a=0.8, b=3.0)


@pytest.fixture(scope="module")
def book(alive) -> Book:
    """Their book; half of them are known since long before the first order, and one is new at its end."""
    since = {name: dt.date(2015, 1, 1) for place, name in enumerate(alive) if place % 2}
    return book_of_days(alive | {"NEW": [dt.date(2026, 8, 1), dt.date(2026, 8, 9)]}, since)


@pytest.fixture(scope="module")
def simulated(book) -> Holdout:
    """The default candidates on it."""
    return holdout(book, END, dates=DAYS)


@pytest.fixture(scope="module")
def seasonal():
    return book_of_days(seasonal_days(np.random.default_rng(12), 120))


def test_errors_on_cdnow_are_those_published(cdnow):
    """shared/anchors.md: MBG/NBD .765, Pareto/NBD .755, always zero .798; BG/NBD as lifetimes 0.11.3 predicts it."""
    mae = cdnow.summary.set_index("model")["mae"]
    assert mae[["MBG/NBD", "Pareto/NBD", "always zero"]].round(3).tolist() == [0.765, 0.755, 0.798]
    split = cdnow_split()
    known = [split.histories.frame[name] for name in ("frequency", "recency", "T")]
    theirs = BetaGeoFitter().fit(*known).conditional_expected_number_of_purchases_up_to_time(39, *known)
    assert mae["BG/NBD"] == pytest.approx(np.abs(theirs - split.came).mean(), abs=1e-6)
    assert mae["BG/NBD"] == pytest.approx(0.786, abs=1e-3)


def test_the_model_chosen_on_cdnow_beats_every_baseline(cdnow):
    assert not cdnow.history_wins
    baselines = cdnow.summary[cdnow.summary["baseline"]]
    assert len(baselines) == 4
    assert (baselines["behind"] + 2 * baselines["standard_error"] < 0).all()
    assert cdnow.verdict.startswith(f"{cdnow.chosen} is chosen: it beats the best baseline, ")


def test_always_zero_has_a_low_error_and_the_lowest_score(cdnow):
    zero = cdnow.summary.iloc[-1]
    assert zero["model"] == "always zero"
    assert zero["mae"] < cdnow.summary.set_index("model").loc["active if bought lately", "mae"]
    assert zero["bias"] == pytest.approx(-1, abs=1e-3)


def test_scores_on_cdnow_are_those_of_the_model_itself(cdnow):
    split = cdnow_split()
    assert split.came.sum() == 1882  # counted from the transactions: shared/anchors.md's .798 times 2,357
    model = BGNBD().fit(split.histories)
    row = cdnow.summary.set_index("model").loc["BG/NBD"]
    assert row["log_score"] == pytest.approx(model.log_score(split.histories, "39W", split.came).mean(), rel=1e-9)
    expected = model.orders(split.histories, "39W")["expected_orders"]
    assert row["bias"] == pytest.approx(expected.sum() / 1882 - 1)


@pytest.mark.slow
def test_the_model_wins_where_it_is_true(simulated):
    assert not simulated.history_wins
    summary = simulated.summary
    best = summary.iloc[0]
    assert best["log_score"] == summary["log_score"].max()
    assert best["behind"] == 0
    # three models that differ little, and baselines far behind
    assert not summary["baseline"].iloc[:3].any()
    baselines = summary[summary["baseline"]]
    assert (baselines["behind"] + 2 * baselines["standard_error"] < 0).all()
    assert summary.set_index("model").loc["BG/NBD", "coverage"] == pytest.approx(0.9, abs=0.05)
    assert abs(summary.set_index("model").loc["BG/NBD", "bias"]) < 0.2


def test_late_entry_is_tried_where_both_kinds_are_many(simulated):
    by_late = [name for name in simulated.summary["model"] if name.endswith(" by late_entry")]
    assert len(by_late) == 1
    # which is no effect here: the scores differ by chance alone
    rows = simulated.summary.set_index("model")
    plain = rows.loc[by_late[0].removesuffix(" by late_entry"), "log_score"]
    assert rows.loc[by_late[0], "log_score"] == pytest.approx(plain, abs=0.03)


def test_tables_belong_together(simulated):
    assert simulated.origins == DAYS
    assert simulated.scores["origin"].dt.date.drop_duplicates().tolist() == list(DAYS)
    per_day = simulated.scores.groupby("model")
    rows = simulated.summary.set_index("model")
    assert per_day["accounts"].sum().astype(int).to_dict() == rows["forecasts"].astype(int).to_dict()
    weighted = per_day.apply(lambda own: np.average(own["log_score"], weights=own["accounts"]), include_groups=False)
    np.testing.assert_allclose(rows["log_score"], weighted[rows.index])
    np.testing.assert_allclose(rows["behind"], rows["log_score"] - rows["log_score"].max(), atol=1e-12)
    assert simulated.calibration.groupby("model")["forecasts"].sum().to_dict() == rows["forecasts"].to_dict()


def test_history_wins_in_a_season_and_says_so(seasonal):
    """Orders of last year repeat exactly; after ten silent months a model thinks that frequent accounts have left."""
    models = [BGNBD(), MBGCNBD(k=1), *(kind() for kind in BASELINES)]
    found = auto(seasonal, END, models=models, dates=DAYS[:1])
    assert found.holdout.chosen == "last window repeated"
    assert found.holdout.history_wins
    assert found.holdout.verdict.startswith("History wins here: last window repeated beats the best model, ")
    # and is ready for what comes: the same orders again, which it was fitted to see
    assert isinstance(found.model, LastWindow)
    assert found.histories.as_of == END
    forecast = found.model.orders(found.histories, "12M")
    assert forecast["expected_orders"].sum() == pytest.approx(found.histories.frame["recent"].sum(), rel=0.02)


def test_a_chosen_model_is_fitted_to_everything_known(book):
    found = auto(book, END, "6M", models=[BGNBD()], dates=DAYS[:1])
    again = BGNBD().fit(histories(book, END))
    assert found.holdout.chosen == "BG/NBD"
    assert found.histories.as_of == END
    np.testing.assert_allclose(found.model.params_, again.params_)


def test_the_future_and_the_order_of_rows_change_nothing(alive):
    rng = np.random.default_rng(2)
    changed = {name: [day for day in days if day <= DAYS[0]] for name, days in alive.items()}
    changed = {name: [*days, DAYS[0] + dt.timedelta(days=int(rng.integers(1, 300)))] for name, days in changed.items()}
    changed |= {"NEW": [END]}
    shuffled = {name: changed[name][::-1] for name in rng.permutation(list(changed))}
    models = [BGNBD(), LastWindow(), BoughtLately()]
    first, second = (
        holdout(book_of_days(days), DAYS[0], "6M", models, dates=["2025-03-31"]) for days in (alive, shuffled)
    )
    for name in ("scores", "summary", "calibration"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name))
    assert first.verdict == second.verdict


def test_a_refused_model_has_a_prior_or_stands_with_its_sentence():
    """Nobody leaves and all order in one rhythm, so that likelihood alone tells no drop-out."""
    rhythm = {
        f"A{place:02}": [dt.date(2023, 10, 1) + dt.timedelta(days=28 * turn + place % 28) for turn in range(39)]
        for place in range(60)
    }
    models = [BGNBD(), BGNBD(covariates=("late_entry",))]
    found = holdout(book_of_days(rhythm), END, "6M", models, dates=["2026-03-31", "2025-12-31"])
    rows = found.scores.set_index("model")
    assert (rows.loc["BG/NBD", "prior"] == 2.0).all()
    assert rows.loc["BG/NBD", "log_score"].notna().all()
    assert found.verdict.endswith("no baseline was compared.")
    refused = found.summary.set_index("model", drop=False).loc["BG/NBD by late_entry"]
    assert refused["model"] == "BG/NBD by late_entry"
    assert refused["origins"] == 0
    assert np.isnan(refused["log_score"])
    assert refused["note"].startswith("the covariate 'late_entry' has only one level")


def test_origins_step_back_by_quarters_as_long_as_enough_precedes():
    begins = dt.date(2023, 10, 2)
    assert origins(begins, END) == tuple(
        dt.date.fromisoformat(day) for day in ("2025-09-30", "2025-06-30", "2025-03-31", "2024-12-31")
    )
    assert origins(dt.date(2024, 1, 5), END) == DAYS[:1] + tuple(
        dt.date.fromisoformat(day) for day in ("2025-06-30", "2025-03-31", "2024-12-31")
    )
    assert origins(dt.date(2024, 4, 1), END) == tuple(
        dt.date.fromisoformat(day) for day in ("2025-09-30", "2025-06-30", "2025-03-31")
    )
    assert origins(dt.date(2026, 1, 1), END, "3M") == (dt.date(2026, 6, 30),)
    assert len(origins(dt.date(2010, 1, 1), END, "3M")) == 4
    assert origins(dt.date(1997, 1, 1), dt.date(1998, 6, 30), "39W") == (dt.date(1997, 9, 30),)
    with pytest.raises(BookError, match="orders from 2024-09-30 on, or a shorter horizon"):
        origins(dt.date(2025, 1, 1), END)


def test_mistakes_are_told(seasonal):
    with pytest.raises(BookError, match="known for days up to 2025-09-30; found 2025-12-31"):
        holdout(seasonal, END, models=[Rate()], dates=["2025-12-31"])
    with pytest.raises(UserError, match="compares different models, at least one"):
        holdout(seasonal, END, models=[Rate(), Rate()])
    with pytest.raises(UserError, match="no candidate could be fitted on all of 1 days: the covariate"):
        holdout(seasonal, END, models=[BGNBD(covariates=("late_entry",))], dates=["2025-09-30"])


def test_a_past_forecast_adds_up_to_what_came(alive, book):
    found = past_forecast(book, END, BGNBD())
    start = dt.date(2026, 6, 30)
    assert (found.made_on, found.until, found.model, found.verdict) == (start, END, "BG/NBD", None)
    total = found.total.iloc[0]
    came = {name: sum(start < day <= END for day in days) for name, days in alive.items()}
    assert total["orders"] == sum(came.values())
    assert (total["new_orders"], total["new_accounts"]) == (2, 1)
    table = found.accounts.set_index("account_id")
    assert table["orders"].to_dict() == {name: came[name] for name in table.index}
    assert total["expected_orders"] == pytest.approx(table["expected_orders"].sum())
    assert total["low"] < total["expected_orders"] < total["high"]
    assert total["inside"]
    assert found.inside == pytest.approx(0.97, abs=0.03)
    misses = found.misses(3)
    assert misses["miss"].iloc[0] == table["miss"].max()
    assert misses["miss"].iloc[3] == table["miss"].min()
    assert len(misses) == 6


def test_the_bounds_of_a_total_are_those_of_its_parts(seasonal):
    """Of independent accounts with known parameters the spread of the sum is the root of the summed variances."""
    from crm_analysis.value.past_forecast import sampled_totals

    split = Splits(seasonal).at(DAYS[0], "12M")
    model = Rate().fit(split.histories, "12M", split.came)
    model.covariance_ = model.covariance_ * 0
    mean = model.orders(split.histories, "12M")["expected_orders"]
    totals = sampled_totals(model, split.histories, "12M")
    assert totals.mean() == pytest.approx(mean.sum(), rel=0.02)
    assert totals.std() == pytest.approx(np.sqrt((mean + mean**2 / model.params_["size"]).sum()), rel=0.1)


def real(name: str) -> Book:
    if not (DATA / name).is_dir():
        pytest.skip(f"no {name} in {DATA.name}; CRM_ANALYSIS_DATA names the folder that holds it")
    return open_book(DATA / name, CHECKOUT / "examples" / name / "book.toml")


@pytest.mark.slow
def test_online_retail_names_its_choice_and_margin(capsys):
    book = real("online_retail_ii")
    models = [BGNBD(), MBGCNBD(k=2), *(kind() for kind in BASELINES)]
    found = holdout(book, book.extracted_on, "6M", models, dates=["2011-06-09"])
    with capsys.disabled():
        sys.stdout.write(f"\nOnline Retail II: {found.verdict}\n")
    assert found.summary["log_score"].notna().all()
    assert found.summary["forecasts"].eq(4947).all()
    assert found.chosen in found.verdict
