"""The path model: published figures, what the algorithm promises, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crm_analysis.book.questionnaire import PATHS
from crm_analysis.errors import BookError, UserError
from crm_analysis.satisfaction.paths import PathModel, path_model

BANK = Path(__file__).resolve().parents[3] / "shared" / "data" / "satisfaction" / "bank_satisfaction.csv"
BANK_BLOCKS = {
    "image": [f"imag{i}" for i in range(1, 6)],
    "expectation": [f"expe{i}" for i in range(1, 6)],
    "quality": [f"qual{i}" for i in range(1, 6)],
    "value": [f"val{i}" for i in range(1, 5)],
    "satisfaction": [f"sat{i}" for i in range(1, 5)],
    "loyalty": [f"loy{i}" for i in range(1, 5)],
}
CHAIN = {"b": ("a",), "c": ("a", "b")}
BLOCKS = {"a": ("a1", "a2", "a3"), "b": ("b1", "b2"), "c": ("c1",)}


def sampled(accounts: int = 150, people: int = 2, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Answers where b hangs on a by .6, c on a by .2 and on b by .5, measured with error."""
    rng = np.random.default_rng(seed)
    n, account = accounts * people, np.repeat(np.arange(accounts), people)

    def new() -> np.ndarray:
        return np.sqrt(0.6) * rng.standard_normal(n) + np.sqrt(0.4) * rng.standard_normal(accounts)[account]

    a = new()
    b = 0.6 * a + 0.8 * new()
    c = 0.2 * a + 0.5 * b + 0.7 * new()
    items = {f"a{i}": a + 0.5 * rng.standard_normal(n) for i in (1, 2, 3)}
    items |= {f"b{i}": b + 0.5 * rng.standard_normal(n) for i in (1, 2)}
    return pd.DataFrame(items | {"c1": c}), account


@pytest.fixture(scope="module")
def model() -> PathModel:
    data, account = sampled()
    return path_model(data, CHAIN, BLOCKS, accounts=account)


def direct(model: PathModel) -> dict[tuple[str, str], float]:
    return {(row.source, row.target): row.path for row in model.paths.itertuples() if row.low == row.low}


@pytest.fixture(scope="module")
def bank() -> pd.DataFrame:
    if not BANK.is_file():
        pytest.skip("the bank data are not on this machine (../shared/data/satisfaction)")
    return pd.read_csv(BANK)


def test_bank_data_match_plspm_centroid_unscaled(bank):
    """Figures of plspm-python's tests, six digits; its rounds stop a little earlier (a difference of 1e-6)."""
    found = path_model(bank, PATHS, BANK_BLOCKS, scaled=False)
    r2 = found.constructs.set_index("construct")["r2"]
    expected = {"expectation": 0.335194, "quality": 0.719688, "value": 0.590084, "satisfaction": 0.707321}
    assert r2.drop("image").to_dict() == pytest.approx(expected | {"loyalty": 0.509923}, abs=1e-6)
    assert found.gof == pytest.approx(0.609742, abs=1e-6)
    assert direct(found) == pytest.approx(
        {
            ("image", "expectation"): 0.578959,
            ("expectation", "quality"): 0.848344,
            ("expectation", "value"): 0.105478,
            ("quality", "value"): 0.676656,
            ("image", "satisfaction"): 0.200724,
            ("expectation", "satisfaction"): -0.002754,
            ("quality", "satisfaction"): 0.122145,
            ("value", "satisfaction"): 0.589331,
            ("image", "loyalty"): 0.275150,
            ("satisfaction", "loyalty"): 0.495479,
        },
        abs=1.1e-6,
    )
    assert (found.rows, found.accounts, found.lost) == (250, 250, 0)


def test_the_schemes_agree_on_the_bank_data(bank):
    centroid, path = (path_model(bank, PATHS, BANK_BLOCKS, scheme=scheme, draws=2) for scheme in ("centroid", "path"))
    assert direct(path) == pytest.approx(direct(centroid), abs=0.02)
    assert direct(path) != pytest.approx(direct(centroid), abs=1e-6)


def test_weights_solve_the_equations_of_mode_a(model):
    """At the fixed point an item's weight is its covariance with the signed sum of its construct's neighbours."""
    data, _ = sampled()
    z = (data - data.mean()) / data.std(ddof=0)
    scores, signs = model.scores, np.sign(model.scores.corr())
    for name, neighbours in {"a": "bc", "b": "ac", "c": "ab"}.items():
        inner = sum(signs.loc[name, other] * scores[other] for other in neighbours)
        wanted = z[list(BLOCKS[name])].mul(inner, axis=0).mean()
        own = model.weights[model.weights["construct"] == name]["weight"].to_numpy()
        assert own / own.sum() == pytest.approx((wanted / wanted.sum()).to_numpy(), abs=1e-7)
        assert scores[name].to_numpy() == pytest.approx(z[list(BLOCKS[name])].to_numpy() @ own, abs=1e-9)
    assert scores.std(ddof=0).tolist() == pytest.approx([1, 1, 1])


def test_paths_are_least_squares_of_the_scores(model):
    from statsmodels.regression.linear_model import OLS

    fit = OLS(model.scores["c"], model.scores[["a", "b"]]).fit()
    assert [direct(model)[("a", "c")], direct(model)[("b", "c")]] == pytest.approx(fit.params.tolist(), abs=1e-9)
    assert model.constructs.set_index("construct")["r2"]["c"] == pytest.approx(fit.rsquared, abs=1e-9)


def test_effects_add_up(model):
    paths, own = model.paths.set_index(["source", "target"]), direct(model)
    assert paths.loc[("a", "c"), "indirect"] == pytest.approx(own[("a", "b")] * own[("b", "c")])
    assert (paths["path"] + paths["indirect"]).tolist() == pytest.approx(paths["total"].tolist())
    assert (paths["low_total"] < paths["total"]).all()
    assert (paths["total"] < paths["high_total"]).all()


def test_quality_of_measurement_is_that_of_the_loadings(model):
    data, _ = sampled()
    loadings = [np.corrcoef(data[item], model.scores["a"])[0, 1] for item in BLOCKS["a"]]
    own = model.weights[model.weights["construct"] == "a"]
    assert own["loading"].tolist() == pytest.approx(loadings)
    row = model.constructs.set_index("construct").loc["a"]
    assert row["ave"] == pytest.approx(np.mean(np.square(loadings)))
    errors = 3 - np.sum(np.square(loadings))
    assert row["reliability"] == pytest.approx(np.sum(loadings) ** 2 / (np.sum(loadings) ** 2 + errors))
    assert model.constructs.set_index("construct").loc["c", "ave"] == pytest.approx(1)


def test_draws_are_of_accounts_and_the_same_for_a_seed(model):
    data, account = sampled()
    again = path_model(data, CHAIN, BLOCKS, accounts=account)
    pd.testing.assert_frame_equal(model.draws, again.draws, check_exact=True)
    doubled = path_model(pd.concat([data, data]), CHAIN, BLOCKS, accounts=np.r_[account, account])
    alone = path_model(pd.concat([data, data]), CHAIN, BLOCKS)
    width = {name: (m.paths["high"] - m.paths["low"]).mean() for name, m in (("same", doubled), ("alone", alone))}
    assert width["same"] == pytest.approx((model.paths["high"] - model.paths["low"]).mean(), rel=0.15)
    assert width["alone"] < 0.85 * width["same"]  # every row twice tells nothing more


def test_a_table_of_paths_is_as_good_as_a_mapping(model):
    data, account = sampled()
    table = pd.DataFrame({"from": ["a", "a", "b"], "to": ["b", "c", "c"]})
    pd.testing.assert_frame_equal(path_model(data, table, BLOCKS, accounts=account).paths, model.paths)


def test_items_turned_round_turn_their_weights_only(model):
    data, account = sampled()
    turned = path_model(data.assign(a3=-data["a3"]), CHAIN, BLOCKS, accounts=account, draws=2)
    assert direct(turned) == pytest.approx(direct(model), abs=1e-8)
    assert turned.weights["weight"][2] == pytest.approx(-model.weights["weight"][2], abs=1e-8)


def test_missing_answers_leave_whole_questionnaires_or_pairs(model):
    data, account = sampled()
    rng = np.random.default_rng(3)
    few = path_model(data.mask(rng.random(data.shape) < 0.05), CHAIN, BLOCKS, accounts=account)
    many = path_model(data.mask(rng.random(data.shape) < 0.3), CHAIN, BLOCKS, accounts=account)
    assert few.rows < len(data)
    assert "the others are left out" in few.notes[0]
    assert many.rows == len(data)
    assert "each pair of questions" in many.notes[0]
    for found in (few, many):
        assert direct(found) == pytest.approx(direct(model), abs=0.12)
    assert many.scores["c"].isna().any()


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"structure": {"a": ("c",), "b": ("a",), "c": ("b",)}}, UserError, "lead in a circle: a, b, c"),
        ({"structure": {"b": ("a",), "d": ("b",)}}, UserError, "name 'd', which no question measures"),
        ({"structure": {}}, UserError, "has no path"),
        ({"structure": pd.DataFrame({"x": [1]})}, UserError, "columns x; expected 'from' and 'to'"),
        ({"blocks": BLOCKS | {"a": ("a1", "a9")}}, UserError, "no question 'a9'"),
        ({"blocks": BLOCKS | {"a": ()}}, UserError, "'a' has no item"),
        ({"blocks": BLOCKS | {"b": ("b1", "a1")}}, UserError, "'a1' measures two constructs"),
        ({"scheme": "factorial"}, UserError, "expected 'centroid' or 'path'"),
        ({"data": sampled()[0].assign(b1=3.0)}, BookError, "same answer to 'b1'"),
        ({"data": sampled()[0].head(20), "accounts": None}, BookError, "20 accounts answered; the path model needs 30"),
        ({"accounts": ["A"] * 300}, BookError, "1 account answered"),
    ],
)
def test_what_cannot_be_is_refused_in_words(change, error, words):
    data, account = sampled()
    given = {"data": data, "structure": CHAIN, "blocks": BLOCKS, "accounts": account} | change
    with pytest.raises(error, match=words):
        path_model(given.pop("data"), given.pop("structure"), given.pop("blocks"), **given)


def test_weights_that_do_not_settle_are_refused(monkeypatch):
    data, account = sampled()
    monkeypatch.setattr("crm_analysis.satisfaction.paths.ROUNDS", 1)
    monkeypatch.setattr("crm_analysis.satisfaction.drivers.pls.ROUNDS", 1)
    with pytest.raises(BookError, match="did not settle in 1 rounds"):
        path_model(data, CHAIN, BLOCKS, accounts=account)
