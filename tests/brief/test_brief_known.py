"""Nothing that becomes known after the day is in a brief: every line of the page, with the future scrambled."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
import whole_contract as future
from acme import book, whole

from crm_analysis.book import book_of
from crm_analysis.brief import Brief, brief

pytestmark = pytest.mark.slow

CUT = dt.date(2024, 9, 30)


@pytest.mark.parametrize("seed", range(2))
def test_the_page_is_the_same_with_another_future(seed):
    """A book of every table and column, its accounts known by the cut."""
    rng = np.random.default_rng(seed)
    frames = future.frames(rng, CUT)
    other = book_of(future.scrambled(frames, CUT, rng), future.EXTRACT)
    own = book_of(frames, future.EXTRACT)
    known = own.as_of(CUT).table("accounts").account_id.execute()
    looks = [brief(one, known.iloc[0], CUT) for one in (own, other)]
    for account in known:  # the first makes what is made of all accounts
        own_words, other_words = (whole(look if look.account == account else _of(look, account)) for look in looks)
        assert own_words == other_words


def _of(look: Brief, account: str) -> Brief:
    """The brief of another account, with what is made of all accounts taken over."""
    found = Brief(look.book, account, look.day)
    shared = ("plan", "frame", "names", "_value", "_risks")
    found.__dict__.update({name: look.__dict__[name] for name in shared if name in look.__dict__})
    return found


def test_what_settles_later_is_open_on_the_day():
    """On 2026-06-30 the second complaint and the second offer are open, the first ones and all invoices unknown."""
    look = brief(book(), "A1", "2026-06-30")
    lines = whole(look)
    assert "Complaints: open for 149 days: late delivery (low)" in lines
    assert any(line.startswith("Offers open: X2") for line in lines)
    assert not any("Rival" in line and line.startswith("Lost") for line in lines)
    assert "It never had an invoice." in lines
    assert not any("2026-09-02" in line for line in lines)
