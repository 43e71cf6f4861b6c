"""The list of features: what each needs, and what its absence is called."""

from __future__ import annotations

from small_books import line, small_book

from crm_analysis.book.contract import CONTRACT
from crm_analysis.churn.survival.features import FEATURES, SILENCE, WORDS, missing, why_not
from crm_analysis.labels import label


def test_each_feature_needs_what_the_contract_has():
    for name, feature in FEATURES.items():
        assert set(feature.columns) <= set(CONTRACT[feature.table].names), name
        assert feature.sign in (-1, 0, 1)
        # overwritten columns are unknown on most days: no feature may rest on one
        assert all(CONTRACT[feature.table].column(column).nature != "current" for column in feature.columns)


def test_each_feature_and_group_has_its_words():
    words = [label(f"feature_{name}") for name in FEATURES]
    assert len(set(words)) == len(words)
    for group in {feature.group for feature in FEATURES.values()}:
        assert label(f"feature_group_{group}")


def test_silence_is_what_is_zero_at_each_last_order():
    assert SILENCE == ("silence_days", "rhythm_days", "silence_ratio")
    assert set(WORDS) <= set(FEATURES)


def test_what_a_book_lacks_is_said_of_each_feature():
    part = {"invoices": [{"account_id": "A"}], "survey_invitations": [{"account_id": "A"}]}
    book = small_book([line("A", "2026-01-01", 5)], **part)
    lacking = missing(book)
    assert list(lacking) == [name for name in FEATURES if name in lacking]
    assert set(FEATURES) - set(lacking) == {
        *SILENCE, "trend", "recent", "order_count", "tenure_days", "revenue", "class", "segment",
    }  # fmt: skip
    assert lacking["margin_rate"] == "The book's table 'orders' has no column 'cost'."
    assert lacking["days_to_pay"] == "The book's table 'invoices' has no column 'paid_on'."
    assert lacking["contract"] == "The book has no table 'contracts', which unlocks contractual churn."
    # who was asked says nothing without who answered
    assert lacking["unanswered"] == why_not(book, "satisfaction")
    assert why_not(book, "revenue") is None
