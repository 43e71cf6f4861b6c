"""Silent accounts that look like complainers: a simulated company whose complaints follow late deliveries."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from complaining import days_ago, keyed, plain_orders
from small_books import DAY, small_book

from crm_analysis.errors import BookError
from crm_analysis.periods import after, before
from crm_analysis.report.sentences import silent as said
from crm_analysis.satisfaction.complaints import silent, silent_trial
from crm_analysis.satisfaction.complaints.page import Complaints
from crm_analysis.satisfaction.complaints.quiet import SilentAccounts

QUARTERS = [dt.date(2023, 12, 31)]
while QUARTERS[-1] < DAY:
    QUARTERS.append(after(QUARTERS[-1], "3M"))


def company(many: int, effect: float, seed: int = 4, begins: int = 1400):
    """A panel of quarter ends and a book of complaints; the fewer lines come on time, the sooner an account complains.

    `effect`: by how much log odds of complaining in half a year rise per standard deviation.
    """
    rng = np.random.default_rng(seed)
    names = np.array([f"A{place:03}" for place in range(many)])
    parts, said = [], [{"account_id": names[0], "opened_on": days_ago(begins)}]
    for day in QUARTERS:
        late = rng.normal(size=many)
        parts.append(
            pd.DataFrame(
                {
                    "as_of": pd.Timestamp(day),
                    "account_id": names,
                    "spell": 1,
                    "silence_days": rng.integers(1, 60, many).astype(float),
                    "rhythm_days": 40.0,
                    "order_count": rng.poisson(12, many).astype(float),
                    "class": np.where(np.arange(many) % 3 == 0, "High", "Low"),
                    "segment": np.where(np.arange(many) % 3 == 0, "High A", "Low A"),
                    "complaints_year": 1.0,
                    "on_time": np.clip(0.8 - 0.1 * late, 0, 1),
                }
            )
        )
        hit = rng.random(many) < 1 / (1 + np.exp(4.2 - effect * late))
        for name in names[hit]:
            opened = day + dt.timedelta(days=int(rng.integers(1, 90)))
            if opened <= DAY:
                said.append({"account_id": str(name), "opened_on": opened})
    panel = pd.concat(parts, ignore_index=True)
    panel["silence_ratio"] = panel["silence_days"] / panel["rhythm_days"]
    book = small_book(plain_orders(names, 1), complaints=keyed(said))
    frame = pd.DataFrame({"account_id": names, "name": names, "segment": panel["segment"][:many], "rep_id": None})
    return book, panel, frame


@pytest.fixture(scope="module")
def told():
    return company(300, 1.2)


def quiet(book, frame, panels) -> SilentAccounts:
    return Complaints(book, DAY, frame, panels).quiet


@pytest.fixture(scope="module")
def look(told) -> SilentAccounts:
    book, panel, frame = told
    today = panel[panel["as_of"] == pd.Timestamp(DAY)].reset_index(drop=True)
    return quiet(book, frame, lambda: (panel, today))


def test_cases_are_the_silent_ones_and_what_came(told):
    book, panel, _ = told
    found = silent.cases(book, panel, DAY)
    rows = book.table("complaints").execute()
    opened = {name: sorted(pd.to_datetime(own).dt.date) for name, own in rows["opened_on"].groupby(rows["account_id"])}
    days = [day for day in QUARTERS if after(day, "6M") <= DAY]
    expected = []
    for day in days:
        for name in sorted(panel["account_id"].unique()):
            own = opened.get(name, [])
            if not any(before(day, "12M") < one <= day for one in own):
                expected.append((day, name, int(any(day < one <= after(day, "6M") for one in own))))
    got = zip(found.frame["as_of"].dt.date, found.frame["account_id"], found.frame["came"], strict=True)
    assert list(got) == expected
    assert found.complainers == len({name for _, name, came in expected if came})
    assert not any("complaint" in name for name in silent.PREDICTORS)


def test_what_is_decided_later_is_not_learned_from_earlier(told):
    found = silent.cases(told[0], told[1], DAY)
    past = found.until(dt.date(2025, 6, 30))
    assert past["as_of"].max() == pd.Timestamp("2024-12-31")
    early = silent.cases(told[0], told[1], dt.date(2025, 6, 30))
    pd.testing.assert_frame_equal(early.frame, past)


def test_an_effect_is_found_and_beats_the_naive_rivals(look):
    trial = look.trial
    table = trial.summary.set_index("model")
    assert trial.verdict == "beats"
    assert table.index[0] == "model"
    assert table["auc"]["model"] > 0.65
    assert table["low"]["model"] > 0.5
    assert table["low"]["orders"] < 0.5 < table["high"]["orders"]
    assert table["lift"]["model"] > table["lift"]["orders"]
    assert table["brier"]["model"] < table["brier"]["segment"]
    groups = trial.calibration()
    assert groups["forecasts"].sum() == table["forecasts"]["model"]
    slope = trial.recalibration().set_index("measure").loc["slope"]
    assert slope["low"] < 1.1
    assert slope["high"] > 0.7


def test_nothing_to_find_is_said_to_be_no_better():
    book, panel, _ = company(300, 0.0, seed=7)
    trial = silent_trial.tried(silent.cases(book, panel[panel["as_of"] >= "2024-06-01"].reset_index(drop=True), DAY))
    assert trial.verdict != "beats"
    assert trial.summary.set_index("model")["low"]["model"] < 0.55


def test_auc_by_hand_and_by_day():
    """Accounts are compared with others of their day: scikit-learn's areas, weighted by complainers."""
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(2)
    days = np.repeat(pd.to_datetime(["2025-03-31", "2025-06-30"]), 40)
    frame = pd.DataFrame({"as_of": days, "account_id": np.tile([f"A{n}" for n in range(40)], 2), "model": "model"})
    frame["came"] = (rng.random(80) < 0.3).astype(int)
    frame["chance"] = rng.integers(1, 9, 80) / 10
    others = [frame.assign(model=name) for name in ("orders", "segment")]
    trial = silent_trial.SilentTrial(pd.concat([frame, *others], ignore_index=True))
    areas = [(own["came"].sum(), roc_auc_score(own["came"], own["chance"])) for _, own in frame.groupby("as_of")]
    expected = sum(many * area for many, area in areas) / sum(many for many, _ in areas)
    row = trial.summary.iloc[0]
    assert row["auc"] == pytest.approx(expected)
    assert row["low"] < expected < row["high"]
    assert row["brier"] == pytest.approx(((frame["chance"] - frame["came"]) ** 2).mean())
    assert trial.against("orders")[0] == 0
    assert trial.verdict == "behind"
    assert trial.usual == frame.loc[frame["came"] == 1, "chance"].median()


def test_the_list(told, look):
    book, panel, frame = told
    listed = look.silent
    rows = book.table("complaints").execute()
    lately = set(rows["account_id"][pd.to_datetime(rows["opened_on"]) > "2025-09-30"])
    assert set(listed["account_id"]) == set(frame["account_id"]) - lately
    assert listed["chance"].is_monotonic_decreasing
    assert ((listed["low"] < listed["chance"]) & (listed["chance"] < listed["high"])).all()
    assert listed["alike"].tolist() == (listed["chance"] >= look.trial.usual).tolist()
    assert len(look.silent_alike) == listed["alike"].sum()
    assert listed["reasons"].head(10).str.contains("shipped on time").any()
    assert (listed["rep_id"] == "nobody").all()
    assert (listed["reasons"] != "").all()
    # the same whatever the order of the panel's rows
    turned = panel.iloc[::-1].sort_values("as_of", kind="stable").reset_index(drop=True)
    model = silent.learned(silent.cases(book, turned, DAY).frame)
    again = silent.listed(model, silent.silent_today(book, look.panels()[1]), frame, look.trial.usual)
    assert again["account_id"].tolist() == listed["account_id"].tolist()


def test_a_list_that_is_no_better_than_counting_orders_is_not_shown(told, look):
    assert look.trial.verdict == "beats"
    assert said.alike(look) == f"{len(look.silent_alike)} of {len(look.silent)}"
    book, panel, frame = told
    mixed = np.random.default_rng(1).permutation(panel["on_time"].to_numpy())
    panel = panel.assign(on_time=mixed)  # so that lateness says nothing
    today = panel[panel["as_of"] == pd.Timestamp(DAY)].reset_index(drop=True)
    bad = quiet(book, frame, lambda: (panel, today))
    assert bad.trial.verdict != "beats"
    assert len(bad.silent) > 0
    with pytest.raises(BookError, match=r"Tried on earlier days, the forecast .* no list is shown\.") as refused:
        bad.silent_alike  # noqa: B018
    assert said.alike(bad) == "not told"
    assert said.alike_said(bad) == str(refused.value)
    with pytest.raises(BookError, match="no list is shown"):
        said.list_said(bad)
    assert "%" in said.trust_said(bad) or "cases" in said.trust_said(bad)  # how it did is told still


def test_a_list_that_could_not_be_tried_is_not_shown(look):
    bad = quiet(look.book, look.frame, look.panels)
    bad.__dict__["_trial"] = BookError("On no earlier day had enough complained.")
    assert len(bad.silent) > 0
    assert said.alike(bad) == "not told"
    assert said.alike_said(bad) == "On no earlier day had enough complained. So no list is shown."


def test_fewer_than_fifty_complainers_are_refused():
    book, panel, frame = company(60, 1.0, seed=5)
    found = silent.cases(book, panel, DAY)
    look = quiet(book, frame, lambda: (panel, panel.head(0)))
    assert 0 < found.complainers < 50
    for what in ("silent", "silent_alike", "trial", "silent_candidates", "silent_calibration"):
        with pytest.raises(
            BookError, match=f"{found.complainers} accounts are known to have complained .* 50 are needed"
        ):
            getattr(look, what)


def test_complaints_recorded_for_too_short_are_refused(told):
    book, panel, frame = company(60, 1.0, begins=500)
    rows = book.table("complaints").execute()
    late = keyed(
        [
            {"account_id": "A000", "opened_on": day}
            for day in rows["opened_on"]
            if pd.Timestamp(day).date() > days_ago(300)
        ]
    )
    short = small_book(plain_orders(frame["account_id"], 1), complaints=late)
    with pytest.raises(BookError, match="not known for a year before any quarter's end"):
        silent.cases(short, panel, DAY)
    with pytest.raises(BookError, match="not known for a year"):
        silent.silent_today(short, panel[panel["as_of"] == pd.Timestamp(DAY)])
    with pytest.raises(BookError, match="No account is there"):
        silent.silent_today(book, panel.head(0))
    with pytest.raises(BookError, match="on no earlier day"):
        silent_trial.tried(silent.Cases(silent.cases(told[0], told[1], DAY).frame.head(30)))
