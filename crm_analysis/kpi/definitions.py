"""The KPIs, as data: what each asks, how it is counted, of what, in which unit, and how sure it is.

The report and `docs/kpi_definitions.md` (`make dictionary`) are made of them, so that the two cannot disagree. A KPI is
a sum over accounts, or one sum over another: `parts` gives both by account, so that values of groups, their intervals
and every comparison are made from the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_analysis.kpi import parts
from crm_analysis.kpi.windows import KINDS, SEGMENT, TO_DATE, YEAR, Window
from crm_analysis.labels import label
from crm_analysis.labels.language import listed

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.kpi.panel import Panel

UP, DOWN, NONE = "up", "down", "none"
FACT, ACCOUNTS, SHARES, EXACT, EVENTS, ANSWERS = "fact", "accounts", "shares", "exact", "events", "answers"
"""Intervals (`kpi.intervals`): none, for sums and counts of a complete book stand alone; of a ratio of sums over
accounts; of a share whose cases come in clusters, an account's; of a share of accounts; of a number of events by
account; of a score of accounts heard."""
INCIDENCE = "incidence"
"""That of a cumulative incidence (`kpi.becoming`)."""
SCALES = {"points": 100.0, "per_100": 100.0}
"""What a quotient is multiplied by in a unit; 1 in the others: money, share, count, number, days, minutes."""
WHOLE = (0.0, 1.0)
POSITIVE = (0.0, float("inf"))
ANY = (float("-inf"), float("inf"))


@dataclass(frozen=True)
class Kpi:
    """One KPI. Its words are the labels `kpi_<name>`, and with _question, _numerator and _denominator.

    `unit`: money, share (0 to 1), count, number, days, minutes, points (a share of a scale, times 100), per_100;
    `better`: up, down or none; `needs`: measures of the panel, and groups where it counts these; `interval`: see above;
    `windows`: the kinds it can be told for, the telling one first; `parts`: numerator and denominator by account
    (None where it is a sum), or None where it is not made from the panel; `within`: what no value can leave;
    `paired`: it sets the window against the one a year before, so that classes are those from before that one, and no
    account is in a class for the revenue that its growth is counted from; `apart`: dimensions by which it says nothing.
    """

    name: str
    unit: str
    better: str
    needs: tuple[str, ...]
    interval: str
    parts: Callable[[Window], parts.Parts] | None = None
    windows: tuple[str, ...] = (YEAR, "quarter", TO_DATE)
    within: tuple[float, float] = ANY
    like_for_like: bool = False
    paired: bool = False
    apart: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Its name, as a reader sees it."""
        return label(f"kpi_{self.name}")

    @property
    def question(self) -> str:
        """What it answers."""
        return label(f"kpi_{self.name}_question")

    @property
    def numerator(self) -> str:
        """What is counted, in words."""
        return label(f"kpi_{self.name}_numerator")

    @property
    def denominator(self) -> str:
        """Of what, in words; "" for a sum."""
        return label(f"kpi_{self.name}_denominator") if self.ratio else ""

    @property
    def ratio(self) -> bool:
        """Whether it is one sum over another."""
        return self.name not in SUMS

    @property
    def formula(self) -> str:
        """How it is counted, in words."""
        words = f"{self.numerator} / {self.denominator}" if self.ratio else self.numerator
        return f"{words} x {self.scale:g}" if self.scale != 1 else words

    @property
    def scale(self) -> float:
        """What the quotient is multiplied by."""
        return SCALES.get(self.unit, 1.0)

    def lack(self, panel: Panel) -> str:
        """Why this book cannot tell it, in a sentence; "" where it can."""
        known = {**panel.measures, **panel.groups}
        missing = next((name for name in self.needs if name not in known), None)
        if missing is None:
            return ""
        return panel.why.get(missing) or label("kpi_lacks", name=missing)


SUMS = ("accounts_cut", "revenue", "margin")
"""KPIs that are a sum over accounts."""


KPIS = (
    Kpi("accounts_cut", "count", NONE, ("cut",), FACT, parts.over("cut"), within=POSITIVE),
    Kpi("accounts_per_rep", "number", NONE, ("order_days", "rep"), FACT, parts.accounts_per_rep, within=POSITIVE),
    Kpi("minutes_per_account", "minutes", NONE, ("minutes", "contacts", "order_days"), ACCOUNTS,
        parts.minutes_per_account, within=POSITIVE, like_for_like=True),
    Kpi("revenue", "money", UP, ("revenue",), FACT, parts.over("revenue"), like_for_like=True),
    Kpi("revenue_per_account", "money", UP, ("revenue", "order_days"), ACCOUNTS, parts.per_account("revenue"),
        like_for_like=True),
    Kpi("margin", "money", UP, ("margin",), FACT, parts.over("margin")),
    Kpi("margin_per_account", "money", UP, ("margin", "order_days"), ACCOUNTS, parts.per_account("margin"),
        like_for_like=True),
    Kpi("margin_rate", "share", UP, ("margin", "costed_revenue"), ACCOUNTS, parts.over("margin", "costed_revenue"),
        like_for_like=True),
    Kpi("revenue_growth", "share", UP, ("revenue",), ACCOUNTS, parts.growth, paired=True),
    Kpi("account_growth", "share", NONE, ("order_days",), ACCOUNTS, parts.account_growth, paired=True,
        within=(-1.0, float("inf"))),
    Kpi("became_high", "share", UP, ("revenue", "order_days"), INCIDENCE, windows=(), within=WHOLE),
    Kpi("complaints_per_100_orders", "per_100", DOWN, ("complaints", "orders"), EVENTS,
        parts.over("complaints", "orders"), within=POSITIVE, like_for_like=True),
    Kpi("resolution_days", "days", DOWN, ("closing_days", "closed"), ACCOUNTS, parts.over("closing_days", "closed"),
        within=POSITIVE),
    Kpi("shipping_days", "days", DOWN, ("shipping_days", "shipped"), ACCOUNTS, parts.over("shipping_days", "shipped"),
        within=POSITIVE),
    Kpi("on_time", "share", UP, ("on_time", "due"), SHARES, parts.over("on_time", "due"), within=WHOLE),
    Kpi("gross_revenue_retention", "share", UP, ("revenue",), ACCOUNTS, parts.gross_retention, (YEAR,), WHOLE,
        paired=True),
    Kpi("net_revenue_retention", "share", UP, ("revenue",), ACCOUNTS, parts.net_retention, (YEAR,), paired=True),
    Kpi("account_retention", "share", UP, ("order_days",), EXACT, parts.account_retention, (YEAR,), WHOLE, paired=True),
    Kpi("repurchase_rate", "share", UP, ("order_days",), EXACT, parts.repurchase, (YEAR,), WHOLE),
    Kpi("nps", "points", UP, ("promoters", "detractors", "nps_answers"), ANSWERS, parts.nps, within=(-1.0, 1.0)),
    Kpi("csat", "share", UP, ("satisfied", "csat_answers"), ANSWERS, parts.csat, within=WHOLE),
    Kpi("response_rate", "share", UP, ("responded", "invited"), SHARES, parts.over("responded", "invited"),
        within=WHOLE),
    Kpi("share_of_wallet", "share", UP, ("revenue", "demand"), ACCOUNTS, parts.share_of_wallet, (YEAR,), POSITIVE),
    Kpi("top_20_share", "share", NONE, ("revenue", "order_days"), ACCOUNTS, parts.top_share, within=WHOLE),
    Kpi("low_share_of_time", "share", DOWN, ("minutes",), SHARES, parts.low_share_of_time, within=WHOLE,
        apart=(SEGMENT,)),
    Kpi("proactive_share", "share", UP, ("contacts_ours", "contacts_said"), SHARES,
        parts.over("contacts_ours", "contacts_said"), within=WHOLE),
    Kpi("bad_account_share", "share", DOWN, ("bad", "owing"), EXACT, parts.bad_accounts, within=WHOLE),
    Kpi("days_to_pay", "days", DOWN, ("paying_days", "paid"), ACCOUNTS, parts.over("paying_days", "paid"),
        within=POSITIVE),
    Kpi("market_share", "share", UP, ("markets",), FACT, windows=(YEAR, "quarter"), within=WHOLE),
)  # fmt: skip
"""In the order of the report. `became_high` is counted by `kpi.becoming`, `market_share` by `kpi.markets`."""
BY_NAME = {kpi.name: kpi for kpi in KPIS}


def missing(panel: Panel) -> pd.DataFrame:
    """The KPIs that the panel cannot tell, in the order of KPIS: kpi (its code), why (a sentence)."""
    import pandas as pd

    rows = [(kpi.name, lack) for kpi in KPIS if kpi.parts is not None and (lack := kpi.lack(panel))]
    return pd.DataFrame(rows, columns=["kpi", "why"])


def table() -> pd.DataFrame:
    """The definitions in words, one row per KPI.

    Columns: kpi, question, formula, unit, better, interval, windows (texts), also_like_for_like (True or False).
    """
    import pandas as pd

    rows = [
        {
            "kpi": kpi.title,
            "question": kpi.question,
            "formula": kpi.formula,
            "unit": label(f"kpi_unit_{kpi.unit}"),
            "better": label(f"kpi_better_{kpi.better}"),
            "interval": label(f"kpi_interval_{kpi.interval}"),
            "windows": listed(label(f"kpi_window_{kind}") for kind in KINDS if kind in kpi.windows),
            "also_like_for_like": kpi.like_for_like,
        }
        for kpi in KPIS
    ]
    return pd.DataFrame(rows)


def markdown() -> str:
    """docs/kpi_definitions.md: what each KPI asks and how it is counted, then how it is told and what it needs."""
    lines = [f"# {label('kpi_title')}", "", label("kpi_made"), "", f"## {label('kpi_what')}", ""]
    lines += ["| KPI | question | formula |", "|---|---|---|"]
    lines += [f"| {kpi.title} | {kpi.question} | {kpi.formula} |" for kpi in KPIS]
    lines += ["", label("kpi_groups"), "", label("kpi_paired"), "", f"## {label('kpi_how')}", ""]
    lines += ["| code | unit | better | interval | windows | like for like | needs |", "|---|---|---|---|---|---|---|"]
    for kpi, words in zip(KPIS, table().to_dict("records"), strict=True):
        like = label("yes") if kpi.like_for_like else ""
        needs = ", ".join(kpi.needs)
        cells = (f"`{kpi.name}`", words["unit"], words["better"], words["interval"], words["windows"], like, needs)
        lines.append(f"| {' | '.join(map(str, cells))} |")
    lines += ["", f"## {label('kpi_intervals')}", ""]
    for kind in (FACT, ACCOUNTS, SHARES, EXACT, EVENTS, ANSWERS, INCIDENCE):
        lines.append(f"- {label(f'kpi_interval_{kind}')}: {label(f'kpi_interval_{kind}_how')}")
    return "\n".join([*lines, "", f"## {label('kpi_like_title')}", "", label("kpi_like_for_like")])


if __name__ == "__main__":
    print(markdown())  # noqa: T201 -- what `make dictionary` writes into the docs
