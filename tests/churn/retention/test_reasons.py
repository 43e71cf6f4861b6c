"""Why accounts leave: Aalen-Johansen curves, shares of reasons by who says so, and claims put to the test."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from lifelines import AalenJohansenFitter
from small_books import line, small_book
from statsmodels.stats.proportion import proportion_confint
from tenure_frames import FEWER, frames, row, spells_of, tenures_of

from crm_analysis.churn.definition.spells import spells as spells_in
from crm_analysis.churn.retention.curves import curves
from crm_analysis.churn.retention.reasons import causes, claim, incidence, leavers, reason_shares, wilson
from crm_analysis.churn.retention.tenures import at_risk
from crm_analysis.errors import UserError


def by(frame: pd.DataFrame, **more) -> pd.DataFrame:
    return incidence(frame, frame["kind"], **({"least": 1} | more))


def test_two_causes_with_ties_and_late_entry_by_hand():
    frame = tenures_of([1, 2, 2, 4, 5], [True, True, True, False, True], [0, 0, 0, 0, 1])
    frame["kind"] = ["left", "left", "ours", "stayed", "ours"]
    found = by(frame).pivot(index="time", columns="cause", values="incidence")
    # at 1: one of 4; at 2: one each of 4 (one has entered); at 5: the last one
    still = 3 / 4
    assert found.loc[2].to_dict() == pytest.approx({"left": 1 / 4 + still / 4, "ours": still / 4})
    assert found.loc[5, "ours"] == pytest.approx(still / 4 + still / 2)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("seed", [0, 1])
def test_without_ties_it_is_lifelines_aalen_johansen(seed, late):
    rng = np.random.default_rng(seed)
    size = 60
    entry = rng.uniform(0, 2, size) * (rng.random(size) < 0.5) * late
    duration, code = entry + rng.exponential(2, size), rng.integers(0, 3, size)
    frame = tenures_of(duration, code > 0, entry, kind=np.array(["stayed", "left", "ours"])[code])
    order = np.sort(duration)
    dip = order[at_risk(frame, order) < 2]  # lifelines divides by nobody when the last one goes
    frame = frame[frame["duration"] < (dip.min() if len(dip) else np.inf)]
    ours = by(frame)
    for name, number in (("left", 1), ("ours", 2)):
        model = AalenJohansenFitter(alpha=0.1)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            model.fit(
                frame["duration"], frame["kind"].map({"stayed": 0, "left": 1, "ours": 2}), number, entry=frame["entry"]
            )
        own = ours[(ours["cause"] == name) & (ours["incidence"] > 0)]
        theirs = model.cumulative_density_.iloc[:, 0].loc[own["time"]].to_numpy()
        assert own["incidence"].to_numpy() == pytest.approx(theirs, abs=1e-12)
        high, low = model.confidence_interval_.loc[own["time"]].to_numpy().T
        last = own["at_risk"].to_numpy() > 1  # theirs is not a number after the last account has gone
        assert own["low"].to_numpy()[last] == pytest.approx(np.minimum(low, high)[last], abs=1e-9)
        assert own["high"].to_numpy()[last] == pytest.approx(np.maximum(low, high)[last], abs=1e-9)


@FEWER
@given(frames())
def test_incidences_and_who_is_still_there_add_up_to_one(frame):
    frame = frame.assign(group="all")
    found, steps = by(frame, least=2), curves(frame, least=2)
    if found.empty:
        assert steps["gone"].sum() == 0
        return
    gone = found.groupby("time")["incidence"].sum()
    still = steps.set_index("time")["survival"].reindex(gone.index)
    assert (gone + still).to_numpy() == pytest.approx(1)
    assert found["gone"].sum() == steps["gone"].sum()
    for _, own in found.groupby("cause"):
        assert (own["incidence"].diff().fillna(0) >= 0).all()


@FEWER
@given(frames())
def test_wider_levels_hold_narrower_ones_and_the_order_of_accounts_changes_nothing(frame):
    narrow, wide = by(frame, level=0.5), by(frame, level=0.95)
    assert (narrow["low"] <= narrow["incidence"] + 1e-12).all()
    assert (narrow["incidence"] <= narrow["high"] + 1e-12).all()
    assert (wide["low"] <= narrow["low"] + 1e-12).all()
    assert (narrow["high"] <= wide["high"] + 1e-12).all()
    pd.testing.assert_frame_equal(by(frame[::-1], level=0.5), narrow)


def test_with_one_cause_its_error_is_greenwoods():
    rng = np.random.default_rng(2)
    frame = tenures_of(rng.integers(1, 12, 40), rng.random(40) < 0.7)
    found = by(frame, level=0.9)
    own = frame["duration"][frame["gone"]]
    many = found["at_risk"].to_numpy(float)
    went = np.array([(own == at).sum() for at in found["time"]])
    still = 1 - found["incidence"].to_numpy()
    error = still * np.sqrt(np.cumsum(went / (many * np.maximum(many - went, 1))))
    inner = (still < 1) & (still > 0) & (many > went)
    gone = found["incidence"].to_numpy()
    spread = 1.6448536269514722 * error[inner] / (gone[inner] * np.abs(np.log(gone[inner])))
    assert found["low"].to_numpy()[inner] == pytest.approx(gone[inner] ** np.exp(spread))


def test_a_competing_exit_is_not_censoring():
    """Half are cut by us on day 1; of the others all leave on day 2: half leave, and not all."""
    frame = tenures_of([1] * 10 + [2] * 10, True, kind=["ours"] * 10 + ["left"] * 10)
    found = by(frame).groupby("cause")["incidence"].last()
    assert found.to_dict() == {"left": 0.5, "ours": 0.5}
    censored = curves(frame.assign(gone=frame["kind"] == "left"), least=1)
    assert censored["survival"].iloc[-1] == 0


def test_causes_are_words():
    frame = pd.DataFrame(
        {
            "kind": ["left", "left", "left", "ours", "closed", "stayed"],
            "reason": [" Service ", None, "Late\u00a0 boards", "price", "Insolvency", None],
        }
    )
    assert causes(frame).tolist() == ["service", "unknown", "late boards", "cut by us", "closed down", None]
    many = pd.DataFrame({"kind": "left", "reason": ["a"] * 3 + ["b"] * 2 + ["c", "d"] + [None]})
    assert causes(many, most=2).tolist() == ["a"] * 3 + ["b"] * 2 + ["other"] * 2 + ["unknown"]


def test_nobody_gone_has_no_causes():
    assert incidence(tenures_of([5.0] * 10, False)).empty
    assert incidence(tenures_of([5.0], True)).empty


EXITS = [
    # account, known_on, reason, decided_by, source
    ("A", "2024-06-01", "Service", "them", "account"),
    ("A", "2024-06-03", "price", "them", "rep"),
    ("B", "2024-06-01", "price", "them", "rep"),
    ("C", "2024-06-01", "not worth serving", "us", "rep"),
    ("D", "2024-06-01", "bankruptcy", "them", "rep"),
    ("E", "2024-06-01", "quality", "them", "account"),  # ordered again
    ("G", "2026-09-10", "service", "them", "account"),  # not silent for long enough
]


@pytest.fixture(scope="module")
def told() -> pd.DataFrame:
    days = dict.fromkeys("ABCDEFH", "2024-03-01") | {"G": "2026-09-01"}
    orders = [line(name, day, 10) for name, day in days.items()] + [line("E", "2024-07-01", 10)]
    orders += [line("H", "2026-01-05", 10)]  # left, came back, and left again without a word
    names = ("account_id", "known_on", "reason", "decided_by", "source")
    exits = [dict(zip(names, row, strict=True)) for row in EXITS]
    exits.append(dict(zip(names, ("H", "2024-05-01", "service", "them", "account"), strict=True)))
    return leavers(spells_in(small_book(orders, exits=exits), "2026-09-30", 180))


def test_leavers_are_those_silence_decides_and_each_word_stands_beside_who_said_it(told):
    table = told.set_index("account_id")
    assert list(table.index) == ["A", "B", "D", "E", "F", "H"], "C was cut by us, and G is not decided"
    assert table.loc["A", ["account", "rep", "asked"]].tolist() == ["service", "price", "service"]
    assert table.loc["B", ["account", "rep", "asked"]].tolist() == [None, "price", "price"]
    assert table.loc["D", "asked"] == "closed down"
    assert table.loc[["E", "F", "H"], ["account", "rep", "asked"]].isna().all(axis=None)
    assert table.loc["H", "last"] == pd.Timestamp("2026-01-05"), "an account counts once, by its latest leaving"


def test_shares_of_reasons_by_who_says_so(told):
    found = reason_shares(told)
    assert found[["who", "reason", "said", "of"]].to_numpy().tolist() == [
        ["account", "service", 1, 1],
        ["rep", "price", 2, 3],
        ["rep", "closed down", 1, 3],
        ["asked", "closed down", 1, 3],
        ["asked", "price", 1, 3],
        ["asked", "service", 1, 3],
    ]
    assert found.groupby("who")["share"].sum().tolist() == pytest.approx([1, 1, 1])


def words(account: dict[str, int], rep: dict[str, int], nobody: int = 0) -> pd.DataFrame:
    rows = [(word, None) for word, many in account.items() for _ in range(many)]
    rows += [(None, word) for word, many in rep.items() for _ in range(many)] + [(None, None)] * nobody
    table = pd.DataFrame(rows, columns=["account", "rep"], dtype=object)
    return table.assign(asked=table["account"].where(table["account"].notna(), table["rep"]))


def test_two_of_three_leave_over_service():
    found = claim(words({"service": 140, "price": 60}, {"service": 30, "price": 90}, 5)).set_index("who")
    assert found["verdict"].to_dict() == {
        "account": "confirmed", "rep": "refuted", "asked": "cannot be said", "leavers": "cannot be said",
    }  # fmt: skip
    assert found.loc["account", "share"] == 0.7
    assert found.loc["leavers", "low"] == pytest.approx(float(wilson(170, 325)[0]))
    assert found.loc["leavers", "high"] == pytest.approx(float(wilson(175, 325)[1]))
    assert np.isnan(found.loc["leavers", "share"])
    few = claim(words({"service": 2, "price": 1}, {}))
    assert few["verdict"].tolist() == ["cannot be said"] * 4
    assert few.loc[few["who"] == "rep", ["low", "high"]].to_numpy().tolist() == [[0, 1]]
    other = claim(words({"service": 10, "price": 190}, {}), "Price ", 0.95, margin=0.05)
    assert other["verdict"].tolist() == ["confirmed", "cannot be said", "confirmed", "confirmed"]


def test_whom_nobody_asked_decides_nothing_but_widens_what_can_be_said_of_all():
    sure = claim(words({"service": 400, "price": 200}, {}))
    unsure = claim(words({"service": 400, "price": 200}, {}, nobody=400))
    assert sure.set_index("who").loc["leavers", "verdict"] == "confirmed"
    assert unsure.set_index("who").loc["account", "verdict"] == "confirmed"
    row = unsure.set_index("who").loc["leavers"]
    assert row["verdict"] == "cannot be said"
    assert row["low"] < 0.4 < 0.8 < row["high"]


def test_a_claim_that_is_none_is_refused():
    with pytest.raises(UserError, match="share from 0 to 1"):
        claim(words({"service": 1}, {}), share=66)


@pytest.mark.parametrize(("said", "of"), [(0, 10), (3, 10), (10, 10), (66, 100)])
def test_wilsons_interval_is_that_of_statsmodels(said, of):
    low, high = proportion_confint(said, of, alpha=0.1, method="wilson")
    assert [float(bound) for bound in wilson(said, of, 0.9)] == pytest.approx([low, high], abs=1e-12)


def test_spells_without_exits_have_no_reasons():
    gone = leavers(spells_of([row("A", "2021-01-01", "2021-05-01")]))
    assert gone["asked"].tolist() == [None]
    assert reason_shares(gone).empty
    assert claim(gone)["verdict"].tolist() == ["cannot be said"] * 4
