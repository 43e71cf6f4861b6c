"""The columns a model of potential sees, made of the features of cases by scikit-learn, and what is left out.

One transformer, or two, for each feature, so that what a column adds can be told of its feature.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.labels import label
from crm_analysis.potential.features import FEATURES, WORDS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

COUNTED = (
    "order_count",
    "silence_days",
    "silence_gaps",
    "families",
    "days_to_pay",
    "overdue",
    "complaints_year",
    "pipeline_open",
    "pipeline_won",
    "contacts",
    "siblings",
    "expected_orders",
)
"""Numbers with long tails, of which the logarithm of 1 and the number is taken."""
CURVED = ("size", "pace", "silence_gaps", "order_count", "recent", "silence_days")
"""Numbers whose effect may bend. A penalty draws it towards a straight line, which they have too."""
LEADS = {"size": 10.0}
"""Numbers that a penalty holds back less, and how many times less.

With a heavy penalty the model then becomes the rule that most companies cut by, the lowest revenue, and not a coin.
"""
KNOTS = 5
RARE = 20
"""Rows below which a word is counted among the rare ones."""
_MOST_WORDS = 200  # boosted trees take no more than 255 of a feature
_CURVE = "curve of "
_BEND = 3  # knots below which there is no curve


def told(rows: pd.DataFrame, features: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The features that tell rows apart, and of the others a sentence each saying why they are left out."""
    kept, dropped = [], {}
    for name in features:
        values = rows[name]
        known = values.dropna()
        if known.empty:
            dropped[name] = label("score_unknown", feature=label(f"feature_{name}"))
        elif known.nunique() == 1 and len(known) == len(values):
            dropped[name] = label("score_constant", feature=label(f"feature_{name}"))
        else:
            kept.append(name)
    return kept, dropped


def straight(rows: pd.DataFrame, features: Sequence[str], plain: bool = False) -> Any:
    """An unfitted ColumnTransformer for a logistic regression.

    Numbers: unknown ones get the median, and a column that says so; then a mean of 0 and a standard deviation of 1,
    LEADS times that of some. Those of CURVED have a cubic spline besides, with knots at quantiles of `rows` and
    straight ends. Words: a column each. With `plain` numbers have one column of standard deviation 1 each and no more.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, SplineTransformer, StandardScaler

    counted = FunctionTransformer(_counted, feature_names_out="one-to-one")
    leads = {} if plain else LEADS
    kinds: dict[tuple[bool, float], list[str]] = {}
    for name in features:
        if name not in WORDS:
            kinds.setdefault((name in COUNTED, leads.get(name, 1.0)), []).append(name)
    parts: list[tuple[str, Any, list[str]]] = []
    for (logged, factor), names in kinds.items():
        led = FunctionTransformer(_times, kw_args={"factor": factor}, feature_names_out="one-to-one")
        steps = [*([counted] if logged else []), _filled(not plain), StandardScaler(), *([led] if factor != 1 else [])]
        parts.append((f"numbers{len(parts)}", make_pipeline(*steps), names))
    for name in [] if plain else [name for name in CURVED if name in features]:
        knots = _knots(rows[name], name)
        if len(knots) >= _BEND:
            spline = SplineTransformer(degree=3, knots=knots[:, None], extrapolation="linear", include_bias=False)
            steps = [*([counted] if name in COUNTED else []), _filled(False), spline, StandardScaler()]
            parts.append((_CURVE + name, make_pipeline(*steps), [name]))
    if words := [name for name in features if name in WORDS]:
        encoder = OneHotEncoder(
            handle_unknown="infrequent_if_exist",
            min_frequency=RARE,
            sparse_output=False,
            feature_name_combiner=_feature,
        )
        parts.append(("words", encoder, words))
    return ColumnTransformer(parts)


def owners(columns: Any) -> list[str]:
    """The feature that each column of a fitted `straight` is made of."""
    found = []
    for name in columns.get_feature_names_out():
        part, _, own = str(name).partition("__")
        found.append(part.removeprefix(_CURVE) if part.startswith(_CURVE) else own.removeprefix("missingindicator_"))
    return found


def branched(features: Sequence[str]) -> tuple[Any, list[int], list[bool]]:
    """An unfitted ColumnTransformer for boosted trees, and of each column the sign expected and whether it is words.

    Unknown numbers and words stay unknown (NaN).
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import OrdinalEncoder

    words = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
        max_categories=_MOST_WORDS,
    )
    parts = [(name, words if name in WORDS else "passthrough", [name]) for name in features]
    signs = [0 if name in WORDS else FEATURES[name].sign for name in features]
    return ColumnTransformer(parts), signs, [name in WORDS for name in features]


def shares(owner: Sequence[str], weights: Array, made: Array) -> dict[str, Array]:
    """What the columns of each feature (`owners`) add together: `made` times the weights, by feature."""
    of = np.array(owner)
    return {name: made[:, of == name] @ weights[of == name] for name in dict.fromkeys(owner)}


def lexicon(rows: pd.DataFrame, features: Sequence[str]) -> dict[str, list[str]]:
    """The words that each feature of words has in `rows`, sorted."""
    return {name: sorted(map(str, rows[name].dropna().unique())) for name in features if name in WORDS}


def table(rows: pd.DataFrame, features: Sequence[str], words: dict[str, list[str]]) -> pd.DataFrame:
    """The columns of features as a transformer takes them, as float64.

    Words are their places in `words` (`lexicon`), NaN where unknown or not there: encoders are slow with words.
    """
    import pandas as pd

    made: dict[str, Array] = {}
    for name in features:
        if name in WORDS:
            codes = pd.Categorical(rows[name], categories=words[name]).codes
            made[name] = np.where(codes < 0, np.nan, codes.astype("float64"))
        else:
            made[name] = rows[name].to_numpy("float64")
    return pd.DataFrame(made, columns=list(features))


def in_order(rows: pd.DataFrame, features: Sequence[str]) -> NDArray[np.intp]:
    """Places of the rows in an order that depends neither on theirs nor on the accounts' ids."""
    keys: list[Any] = []
    for name in features:
        if name in WORDS:
            values = rows[name].astype("category").cat
            words = np.argsort(np.argsort(np.asarray(values.categories, dtype=str), kind="stable"), kind="stable")
            codes = values.codes.to_numpy()
            keys.append(np.where(codes < 0, -1, words[codes]) if len(words) else codes)
        else:
            keys.append(rows[name].to_numpy("float64"))
    keys += [rows[name].to_numpy() for name in ("promising", "bits", "as_of") if name in rows]
    return np.lexsort(keys)


def _feature(feature: str, word: Any) -> str:
    return feature


def _times(values: Any, factor: float) -> Any:
    return values * factor


def _counted(values: Any) -> Any:
    return np.log1p(np.maximum(values, 0))


def _filled(indicator: bool) -> Any:
    from sklearn.impute import SimpleImputer

    return SimpleImputer(strategy="median", add_indicator=indicator)


def _knots(values: pd.Series, name: str) -> Array:
    """Distinct quantiles, evenly spaced in rank."""
    known = values.dropna().to_numpy("float64")
    known = _counted(known) if name in COUNTED else known
    at = np.unique(np.quantile(known, np.linspace(0, 1, KNOTS), method="inverted_cdf"))
    apart = np.r_[True, np.diff(at) > 1e-6 * max(np.ptp(at), 1e-12)]
    found: Array = at[apart]
    return found
