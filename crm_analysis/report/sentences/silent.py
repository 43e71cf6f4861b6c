"""What the satisfaction page tells of silent accounts that look like those who complain, in sentences.

A sentence about what the book cannot carry is empty, and nothing is shown for it; headlines say why instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.churn.survival.evaluation import MODEL
from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.labels.language import inside, sentences
from crm_analysis.report.sentences import counted, told_or
from crm_analysis.report.values import text

if TYPE_CHECKING:
    from crm_analysis.satisfaction.complaints.quiet import SilentAccounts


def alike(look: SilentAccounts) -> str:
    """How many silent accounts look like those who complain, of how many silent ones; that it cannot be told.

    No number where the forecast did no better than a rule of thumb: it would be no finding.
    """
    if told_or(lambda: look.silent, None) is None:
        return label("unknown")
    try:
        numbers = {"alike": len(look.silent_alike), "silent": len(look.silent)}
    except BookError:
        return label("complaints_untold")
    return label("silent_value", **{name: text(n, "count") for name, n in numbers.items()})


def alike_said(look: SilentAccounts) -> str:
    """What that means; why it cannot be told, or why no list is shown."""
    try:
        expected = float(look.silent_alike["complaint_chance"].sum())
    except BookError as lack:
        return str(lack)
    return label("silent_alike_said", expected=f"{expected:,.0f}")


def list_said(look: SilentAccounts) -> str:
    """How many are listed, and what their reasons are; raises BookError where no list is shown."""
    numbers = {"alike": counted(len(look.silent_alike), "account"), "silent": text(len(look.silent), "count")}
    return sentences(label("silent_list_said", **numbers), label("silent_only"))


def trust_said(look: SilentAccounts) -> str:
    """How the model did against the better of its naive rivals on earlier days; why it could not be tried."""
    look.silent  # noqa: B018 -- without a list there is nothing to trust
    try:
        trial = look.trial
    except BookError as lack:
        return str(lack)
    ahead, error = trial.against(trial.rival)
    words = [
        label(
            f"silent_trust_{trial.verdict}",
            days=counted(trial.forecasts["as_of"].nunique(), "earlier_day"),
            forecasts=text(len(trial.of(MODEL)), "count"),
            rival=_rival(look),
            ahead=f"{abs(ahead):.4f}",
            error=f"{error:.4f}",
        )
    ]
    row = trial.summary.set_index("model").loc[MODEL]
    if row["auc"] == row["auc"]:
        shares = {name: f"{100 * row[name]:.0f}" for name in ("auc", "low", "high")}
        words.append(label("silent_trust_ranks", **shares))
    if row["lift"] == row["lift"]:
        words.append(label("silent_trust_lift", lift=f"{row['lift']:.1f}"))
    return sentences(*words)


def calibration_said(look: SilentAccounts) -> str:
    """What was expected against what came, in all and of the highest chances."""
    row = look.trial.summary.set_index("model").loc[MODEL]
    last = look.silent_calibration.iloc[-1]
    if row["expected"] != row["expected"]:
        raise BookError(label("silent_untried"))
    return label(
        "silent_calibration_said",
        expected=f"{row['expected']:.2f}",
        many=text(int(last["forecasts"]), "count"),
        chance=text(last["chance"], "share"),
        came=text(last["complained_share"], "share"),
    )


def _rival(look: SilentAccounts) -> str:
    return inside(label(f"silent_candidate_{look.trial.rival}"))
