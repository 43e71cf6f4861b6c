"""What KPIs are made of: numerator and denominator by account, NaN where a window does not tell them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.kpi.windows import SEGMENT, YEAR, Window

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Parts = tuple[Array, Array | None]

TOP = 20
"""Percent of accounts that `top_share` looks at."""


def over(numerator: str, denominator: str = "") -> Callable[[Window], Parts]:
    """One measure of the window over another, or alone."""
    return lambda window: (window.sum(numerator), window.sum(denominator) if denominator else None)


def per_account(name: str) -> Callable[[Window], Parts]:
    """A measure over accounts that ordered."""
    return lambda window: (window.sum(name), _flag(window.ordered, window))


def _flag(values: NDArray[np.bool_], *windows: Window) -> Array:
    """1 where true, else 0; NaN where a window does not lie in the panel or its orders are not known."""
    unknown = any(not window.tells("order_days") for window in windows)
    return np.full(len(values), np.nan) if unknown else values.astype(np.float64)


def minutes_per_account(window: Window) -> Parts:
    """Minutes, over accounts that ordered or were in contact."""
    return window.sum("minutes"), _flag(window.ordered | (window.sum("contacts") > 0), window)


def accounts_per_rep(window: Window) -> Parts:
    """Accounts by rep: each account brings as much of its rep as it is of that rep's accounts, so that these add up."""
    import pandas as pd

    panel, nobody = window.panel, np.full(len(window.panel.account_id), np.nan)
    if not window.inside:
        return nobody, nobody
    year = Window(panel, YEAR, window.last - 3, window.last)
    served = (panel.classes[window.last] >= 0) & (panel.groups["rep"][window.last] != "")
    if "cut" in panel.measures and year.tells("cut"):
        served &= ~(year.sum("cut") > 0)
    rep = pd.factorize(panel.groups["rep"][window.last])[0]
    load = np.bincount(rep, served)[rep]
    return served.astype(np.float64), np.divide(1.0, load, out=np.zeros(len(load)), where=served)


def growth(window: Window) -> Parts:
    """Revenue less that of the window a year before, over that one."""
    then = window.before.sum("revenue")
    return window.sum("revenue") - then, then


def account_growth(window: Window) -> Parts:
    """Accounts that ordered, less those of the window a year before, over these."""
    then = _flag(window.before.ordered, window, window.before)
    return window.ordered - then, then


def gross_retention(window: Window) -> Parts:
    """What accounts kept of their revenue of the window a year before: none more than all of it."""
    now, then = window.sum("revenue"), window.before.sum("revenue")
    base = np.maximum(then, 0.0)
    return np.minimum(np.maximum(now, 0.0), base), base


def net_retention(window: Window) -> Parts:
    """What accounts with revenue in the window a year before brought now, over that."""
    now, then = window.sum("revenue"), window.before.sum("revenue")
    return np.where(np.isnan(then), np.nan, np.where(then > 0, now, 0.0)), np.maximum(then, 0.0)


def account_retention(window: Window) -> Parts:
    """Accounts that ordered in both windows, over those of the one a year before."""
    then = window.before.ordered
    windows = (window, window.before)
    return _flag(then & window.ordered, *windows), _flag(then, *windows)


def repurchase(window: Window) -> Parts:
    """Accounts that ordered on two days or more, over those that ordered."""
    often = window.ordered & (window.sum("order_days") >= 2)
    return _flag(often, window), _flag(window.ordered, window)


def nps(window: Window) -> Parts:
    """Promoters less detractors of each account heard; who answered in two waves of the window is there twice."""
    return _mean(window.sum("promoters") - window.sum("detractors"), window.sum("nps_answers"))


def csat(window: Window) -> Parts:
    """The share of each account's people with one of the two best answers."""
    return _mean(window.sum("satisfied"), window.sum("csat_answers"))


def _mean(values: Array, many: Array) -> Parts:
    """Each account heard counts once, by the mean of its people."""
    heard = np.where(np.isnan(many), np.nan, many > 0)
    return np.divide(values, many, out=np.where(np.isnan(many), np.nan, 0.0), where=many > 0), heard


def share_of_wallet(window: Window) -> Parts:
    """The year's revenue of accounts that told their demand, over that demand."""
    year = Window(window.panel, YEAR, window.last - 3, window.last)
    demand = np.nan_to_num(window.state("demand"))
    revenue = year.sum("revenue")
    return np.where(np.isnan(revenue) | (demand > 0), revenue, 0.0), np.maximum(demand, 0.0)


def top_share(window: Window) -> Parts:
    """What an account brings to the share of the first 20 %: what it has above the last of them, and a part of his.

    Summed over a group this is the revenue of its first 20 %, their number rounded up. By account it is what Lorenz
    curves are linearised with (Langel & Tillé 2011), so that intervals know of the bar's own chance.
    """
    revenue, ordered = window.sum("revenue"), window.ordered
    if not window.tells("revenue", "order_days"):
        return np.full(len(revenue), np.nan), np.full(len(revenue), np.nan)
    codes = np.zeros(len(revenue), dtype=np.int64) if window.codes is None else window.codes
    own = ordered & (codes >= 0)
    order = np.flatnonzero(own)[np.lexsort((-revenue[own], codes[own]))]
    many = np.bincount(codes[order], minlength=int(codes.max(initial=0)) + 1)
    count = -(-many * TOP // 100)
    last = order[(np.cumsum(many) - many + count - 1)[many > 0]]
    bar, part = np.zeros(len(many)), np.zeros(len(many))
    bar[many > 0], part[many > 0] = revenue[last], count[many > 0] / many[many > 0]
    place = np.where(own, codes, 0)
    above = np.maximum(revenue - bar[place], 0.0) + part[place] * bar[place]
    return np.where(own, above, 0.0), np.where(own, revenue, 0.0)


def low_share_of_time(window: Window) -> Parts:
    """Minutes of contacts with Low accounts, over all."""
    minutes = window.sum("minutes")
    group = window.group(SEGMENT)
    if group is None:
        return np.full(len(minutes), np.nan), minutes
    codes, names = group
    return np.where(codes == names.index("Low"), minutes, 0.0 * minutes), minutes


def bad_accounts(window: Window) -> Parts:
    """Bad accounts, over those that owed anything, in the year to the window's end."""
    return window.state("bad"), window.state("owing")
