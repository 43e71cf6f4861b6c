"""What the KPI page tells first, and its scorecard: figures now and then, changes with intervals, lights, targets.

Figures of a scorecard are of many units, so they are written here one by one; the numbers themselves are in the files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.errors import BookError
from crm_analysis.kpi.comparison.lights import BETTER, CHANGED, LAST_QUARTER, SAME, UNKNOWN, WORSE, YEAR_AGO
from crm_analysis.kpi.definitions import BY_NAME
from crm_analysis.kpi.values import COMPANY
from crm_analysis.kpi.windows import SEGMENT
from crm_analysis.labels import code_said, label
from crm_analysis.labels.language import bracketed, listed, sentences
from crm_analysis.report.sentences.kpi_words import change_parts, changed, figure, lowered, within
from crm_analysis.report.values import is_missing, text

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.kpi.outlook import Outlook
    from crm_analysis.labels import Kind

NAMED = 3
"""Changes that are named in a headline."""
LIT = (BETTER, WORSE, CHANGED)
SCORECARD = ("kpi", "light", "change_alone", "change_range", "now_said", "before_said", "target_said")
CHANGES = ("kpi", "light", "of_whom", "change_said", "compared_with", "now_said", "before_said", "step_said")
CLASSES = ("kpi", "light", "of_whom", "change_alone", "change_range", "now_said", "before_said")
"""Columns by what is asked first: on a phone the others stand to the right of the screen."""
KEYS = ("kpi", "dimension", "group", "against")
OF_CLASSES = ("revenue", "revenue_per_account", "margin_rate", "minutes_per_account", "net_revenue_retention")
"""KPIs that the page shows by value class; the table of all cells holds the others."""
KINDS: dict[str, Kind] = {"change": "measure"}
THEMES = {
    "money": ("revenue", "revenue_per_account", "revenue_growth", "margin", "margin_per_account", "margin_rate",
              "top_20_share", "share_of_wallet", "market_share"),
    "accounts": ("account_growth", "became_high", "account_retention", "gross_revenue_retention",
                 "net_revenue_retention", "repurchase_rate", "accounts_cut"),
    "service": ("on_time", "shipping_days", "complaints_per_100_orders", "resolution_days", "minutes_per_account",
                "accounts_per_rep", "low_share_of_time", "proactive_share"),
    "voice": ("nps", "csat", "response_rate"),
    "payment": ("bad_account_share", "days_to_pay"),
}  # fmt: skip
"""The scorecard's order: what belongs together stands together."""
THEME = {name: theme for theme, names in THEMES.items() for name in names}


# --- in short ---


def kpis_said(look: Outlook) -> str:
    """What window figures are of, and where the baseline and the bars are; raises BookError without a quarter."""
    return label(
        "kpi_about",
        window=label(f"kpi_of_{look.kind}"),
        day=look.panel.ends[-1],
        baseline=look.panel.baseline,
        high=_money(look, look.panel.bars.high),
        mid=_money(look, look.panel.bars.mid),
    )


def changes(look: Outlook) -> str:
    """How many of the company's own figures changed for the better, and for the worse."""
    quiet(look)
    own = _company(look)
    many = own["light"].value_counts()
    parts = [label(f"lit_{light}", n=text(int(many[light]), "count")) for light in LIT if int(many.get(light, 0)) > 0]
    of = int((own["light"] != UNKNOWN).sum())
    if not of:
        return label("unknown")
    return label("changes_value", what=listed(parts) or label("lit_none"), of=text(of, "count"))


def changes_said(look: Outlook) -> str:
    """Which they are, by light; the surest are named."""
    quiet(look)
    own = _company(look)
    if (own["light"] == UNKNOWN).all():
        return label("changes_nothing")
    words = []
    for light in LIT:
        rows = own[own["light"] == light].sort_values(["q", "kpi"])
        if len(rows):
            names = listed(_named(row, look.currency) for _, row in rows.head(NAMED).iterrows())
            more = len(rows) - NAMED
            words.append(
                label(f"changes_{light}", names=names)
                if more <= 0
                else label(f"changes_{light}_more", names=names, more=more)
            )
    if not words:
        words.append(label("changes_none"))
    return sentences(*words)


def _named(row: pd.Series, currency: str) -> str:
    kpi = BY_NAME[row["kpi"]]
    now, before = row["now"], row["before"]
    change = changed(row["change"], row["low"], row["high"], before, kpi.unit, now, within(kpi, now, before))
    return label("changes_one", kpi=lowered(kpi.title), change=change)


def looked_said(look: Outlook) -> str:
    """How many cells were looked at, and how many lit up; raises BookError without a word where none can be told."""
    table = look.lights
    told = table[table["light"] != UNKNOWN]
    if told.empty:
        raise BookError("")
    lit = int(told["light"].isin(LIT).sum())
    key = "looked_none" if not lit else "looked_one" if lit == 1 else "looked_many"
    return label(key, cells=text(len(told), "count"), n=text(lit, "count"))


def quiet(look: Outlook) -> None:
    """Raises a BookError without a word where the book tells of no quarter, which the first headline says."""
    try:
        look.panel  # noqa: B018 -- raises where no quarter is told
    except BookError:
        raise BookError("") from None


def _company(look: Outlook) -> pd.DataFrame:
    table = look.lights
    return table[(table["dimension"] == COMPANY) & (table["against"] == YEAR_AGO)]


def _money(look: Outlook, amount: float) -> str:
    return figure(amount, "money", look.currency)


# --- the scorecard ---


def scorecard(look: Outlook) -> pd.DataFrame:
    """One row per KPI that the book tells, the company against the same window a year before; in words and in numbers.

    By theme. Columns: those of SCORECARD, theme, kpi_code; now, before, change, low_95, high_95 (as estimated, and not
    cut to what can be, as the words are), p.
    """
    quiet(look)
    place = {name: at for at, name in enumerate(THEME)}
    rows = look.scorecard
    rows = rows.iloc[rows["kpi"].map(place).argsort(kind="stable")].reset_index(drop=True)
    frame = _worded(look, rows)
    return frame.assign(theme=[label(f"kpi_theme_{THEME[name]}") for name in rows["kpi"]])


def _worded(look: Outlook, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of `lights.lights` with their figures in words."""
    import pandas as pd

    kpis = [BY_NAME[name] for name in rows["kpi"]]
    units = [kpi.unit for kpi in kpis]
    told = list(zip(rows["now"], rows["before"], rows["change"], rows["low"], rows["high"], kpis, strict=True))
    changes = [
        change_parts(change, low, high, before, kpi.unit, now, within(kpi, now, before))
        for now, before, change, low, high, kpi in told
    ]
    made = {
        "kpi": [kpi.title for kpi in kpis],
        "kpi_code": rows["kpi"].tolist(),
        "now_said": [figure(now, kpi.unit, look.currency) for now, *_, kpi in told],
        "before_said": [figure(before, kpi.unit, look.currency) for _, before, *_, kpi in told],
        "change_said": [change + bracketed(ends) for change, ends in changes],
        "light": [label(f"light_{light}") for light in rows["light"]],
    }
    made |= {"change_alone": [change for change, _ in changes], "change_range": [ends for _, ends in changes]}
    if "target" in rows:
        goals = zip(rows["target"], rows["state"], rows["at"], units, strict=True)
        made["target_said"] = [_target(*goal, look.currency) for goal in goals]
    frame = pd.DataFrame(made)
    numbers = {"low_95": "low", "high_95": "high"}
    for name in ("now", "before", "change", "low_95", "high_95", "p"):
        frame[name] = rows[numbers.get(name, name)].to_numpy()
    return frame


def _target(target: float, state: str, value: float, unit: str, currency: str) -> str:
    if is_missing(target) or is_missing(value):
        return ""
    goal, came = (figure(number, unit, currency) for number in (target, value))
    return label("target_of_quarter", target=goal, state=label(f"target_state_{state}"), value=came)


def window_said(look: Outlook) -> str:
    """How to read a light, and of what window KPIs are that have no such."""
    table = look.scorecard
    other = table[table["window"] != look.kind]
    words = [label("light_means")]
    if len(other):
        names = listed(lowered(BY_NAME[name].title) for name in other["kpi"])
        words.append(label("window_other", names=names, window=label(f"kpi_of_{other['window'].iloc[0]}")))
    for row in table[table["quarter"] < table["quarter"].max()].itertuples():
        words.append(label("quarter_other", name=BY_NAME[row.kpi].title, quarter=row.quarter))
    return sentences(*words)


# --- what changed, and what did not ---


def lit(look: Outlook) -> pd.DataFrame:
    """The cells that lit up, the surest first; raises BookError without a word where none did.

    Without the column step_said where none of them is held against the last quarter.
    """
    quiet(look)
    rows = look.lights
    rows = rows[rows["light"].isin(LIT)].sort_values(["p", *KEYS], kind="stable")
    if rows.empty:
        raise BookError("")
    frame = _placed(look, rows.reset_index(drop=True))
    return frame if (frame["step_said"] != "").any() else frame.drop(columns="step_said")


def every(look: Outlook) -> pd.DataFrame:
    """All cells that can be told, the surest change first; raises BookError without a word where there are none."""
    quiet(look)
    rows = look.lights
    rows = rows[rows["light"] != UNKNOWN].sort_values(["p", *KEYS], kind="stable", ignore_index=True)
    if rows.empty:
        raise BookError("")
    return _placed(look, rows)


def _placed(look: Outlook, rows: pd.DataFrame) -> pd.DataFrame:
    frame = _worded(look, rows)
    whom = [group_said(*pair) for pair in zip(rows["dimension"], rows["group"], strict=True)]
    frame.insert(1, "of_whom", whom)
    frame.insert(2, "compared_with", [label(f"against_{name}") for name in rows["against"]])
    codes = {name: rows[name] for name in ("dimension", "group", "against")}
    return frame.assign(step_said=_steps(rows), **codes, light_code=rows["light"])


def _steps(rows: pd.DataFrame) -> list[str]:
    """The step that the same two quarters made a year before; "" for what is held against a year ago.

    It is what the change leaves of the step from the last quarter to this one, and told in the change's unit, so that
    both together are what a reader counts from the two figures.
    """
    steps = rows["now"] - rows["before"] - rows["change"]
    told = zip(rows["kpi"], steps, rows["before"], rows["against"], strict=True)
    none = float("nan")
    return [
        changed(step, none, none, before, BY_NAME[name].unit) if against == LAST_QUARTER else ""
        for name, step, before, against in told
    ]


def group_said(dimension: str, group: str) -> str:
    """A cell's group in words."""
    if dimension == COMPANY:
        return label("of_company")
    if not group:
        return label(f"of_no_{dimension}")
    return code_said(group) if dimension == SEGMENT else label(f"of_{dimension}", group=code_said(group))


def same_said(look: Outlook) -> str:
    """Which of the company's figures are not told from chance, beside any that are; which cannot be told at all."""
    own = _company(look)
    own = own if own["light"].isin(LIT).any() else own[own["light"] != SAME]
    words = []
    for light, key in ((SAME, "same"), (UNKNOWN, "untold")):
        names = [lowered(BY_NAME[name].title) for name in own.loc[own["light"] == light, "kpi"]]
        if names:
            words.append(label(f"changes_{key}", names=listed(names)))
    return sentences(*words)


def left_out_said(look: Outlook) -> str:
    """Dimensions that are not compared, as it was not known a year ago who belonged where."""
    names = [label(f"by_{name}") for name in look.not_compared]
    return label("by_unknown", names=listed(names)) if names else ""


def season_said(look: Outlook) -> str:
    """That quarters are held against the last one without their season, and that this needs two years."""
    table = look.lights
    own = table[table["against"] == LAST_QUARTER]
    if own.empty or bool((own["light"] == UNKNOWN).all()):
        raise BookError(label("season_unknown"))
    return label("season_means")


def by_class(look: Outlook) -> pd.DataFrame:
    """Value classes against the same window a year before; raises BookError without a word where there are none."""
    quiet(look)
    rows = look.lights
    own = (rows["dimension"] == SEGMENT) & (rows["against"] == YEAR_AGO) & rows["kpi"].isin(OF_CLASSES)
    own &= rows["now"].notna()
    rows = rows[own].reset_index(drop=True)
    if rows.empty:
        raise BookError("")
    return _placed(look, rows)
