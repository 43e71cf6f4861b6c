"""Words that several blocks of the account brief use."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.labels import label
from crm_analysis.labels.language import day_said, listed
from crm_analysis.report.sentences import window_said
from crm_analysis.report.values import is_missing, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crm_analysis.brief import Brief
    from crm_analysis.brief.expected import Risk


def segment_said(segment: str) -> str:
    """A segment in words: its class and grade."""
    name, _, grade = segment.partition(" ")
    key = f"brief_class_{name}"
    if name not in ("High", "Mid", "Low"):
        return segment
    return label("brief_segment" if grade in ("A", "B") else "brief_segment_no_cost", name=label(key), grade=grade)


def named(look: Brief, rep_id: str) -> str:
    """The name of one of our people, or the id where there is none."""
    return look.names.get(rep_id, rep_id)


def topic_said(topic: object) -> str:
    """A complaint's topic, or that it is not told."""
    return topic if isinstance(topic, str) else label("brief_voice_unsaid")


def families_said(table: pd.DataFrame, column: str, currency: str | None, most: int = 4) -> str:
    """Product families, each with its money."""
    each = [
        label("brief_orders_family", family=family, money=money(amount, currency))
        for family, amount in zip(table["family"].head(most), table[column].head(most), strict=True)
    ]
    more = [label("brief_deals_more", n=len(table) - most)] if len(table) > most else []
    return listed([*each, *more])


def amounts(currency: str | None, **values: float) -> dict[str, str]:
    """Amounts that stand beside each other, with the same decimals: whole ones but for small amounts."""
    places = cents(values.values())
    return {name: f"{currency or ''} {text(value, 'money', places)}".strip() for name, value in values.items()}


def cents(values: Iterable[float]) -> int:
    """Decimals of amounts in one column or sentence."""
    largest = max((abs(float(value)) for value in values if not is_missing(value)), default=0.0)
    return 2 if NOTHING <= largest < WHOLE else 0


def money(amount: float, currency: str | None) -> str:
    """One amount, as `amounts`."""
    return amounts(currency, amount=amount)["amount"]


WHOLE, NOTHING = 100, 0.5
"""Amounts below the first have cents, those below the second are nothing."""


def chances(risk: Risk) -> dict[str, str]:
    """A chance of leaving as it is written: chance, low, high, usual, quarters."""
    parts = {name: text(getattr(risk, name), "share") for name in ("chance", "low", "high", "usual")}
    return parts | {"quarters": window_said(f"{3 * risk.quarters}M")}


def dated(value: object) -> str:
    """A day of a frame as the language writes it; the word for what is not known where it is missing."""
    found = day(value)
    return day_said(found) if found else label("unknown")


def day(value: object) -> dt.date | None:
    """A day of a frame as a date; None where it is missing."""
    return None if is_missing(value) else pd.Timestamp(value).date()  # type: ignore[arg-type]
