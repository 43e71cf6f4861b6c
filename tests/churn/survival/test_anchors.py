"""Published numbers of survival analysis, through our own functions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines.datasets import load_rossi, load_stanford_heart_transplants

from crm_analysis.churn.survival import cox
from crm_analysis.churn.survival.metrics import Followed, concordance
from crm_analysis.churn.survival.sample import codes


def intervals(
    table: pd.DataFrame, features: list[str], stop: str, event: str, start: str | None = None
) -> cox.Intervals:
    owner, names = codes(table["id"].astype(str))
    begins = np.zeros(len(table)) if start is None else table[start].to_numpy("float64")
    matrix = table[features].to_numpy("float64")
    return cox.Intervals(
        begins, table[stop].to_numpy("float64"), table[event].to_numpy(dtype=bool), matrix, owner, names
    )


def test_rossi_cox_as_in_lifelines_documentation():
    """Rossi, Berk & Lenihan (1980): `load_rossi` and the page "Survival regression" of lifelines, Efron's ties."""
    rossi = load_rossi().assign(id=range(432))
    features = ["fin", "age", "race", "wexp", "mar", "paro", "prio"]
    rows = intervals(rossi, features, "week", "arrest")
    found = cox.maximum(rows)
    at = dict(zip(features, found.at, strict=True))
    assert found.reached
    assert [at["fin"], at["age"], at["prio"]] == pytest.approx([-0.379422, -0.057438, 0.091497], abs=5e-7)
    assert found.loglik == pytest.approx(-658.7477, abs=5e-5)
    risk = rows.matrix @ found.at
    assert concordance(Followed(rows.stop, rows.event), risk) == pytest.approx(0.6403, abs=5e-5)


def test_stanford_heart_immortal_time():
    """Crowley & Hu (1977): `load_stanford_heart_transplants` of lifelines. "Ever transplanted" lives longer because it
    had to live until the transplant; as a feature that changes with time, the transplant does nothing."""
    heart = load_stanford_heart_transplants()
    ever = heart.groupby("id", as_index=False).agg(
        stop=("stop", "max"), event=("event", "max"), age=("age", "first"), transplant=("transplant", "max")
    )
    naive = cox.maximum(intervals(ever, ["transplant", "age"], "stop", "event"))
    varying = cox.maximum(intervals(heart, ["transplant", "age"], "stop", "event", "start"))
    assert naive.at[0] == pytest.approx(-1.800, abs=5e-4)
    assert varying.at[0] == pytest.approx(-0.004, abs=5e-4)


def test_ipcw_concordance_as_in_scikit_survivals_tests():
    """scikit-survival, tests/test_metrics.py; weights from the data themselves."""
    followed = Followed(
        np.array([1.0, 5, 6, 10, 11, 34, 45, 46, 50, 56]), np.array([0, 1, 1, 0, 1, 0, 1, 0, 0, 1], dtype=bool)
    )
    risk = np.array([5, 8, 11, 19, 34, 12, 3, 9, 12, 20])
    assert concordance(followed, risk, followed) == pytest.approx(0.347890360332615, abs=1e-12)
