"""What the satisfaction page tells of what satisfaction is worth, and of our own view beside the customers'.

Each function takes the facade `satisfaction.worth.page.Worth`. A sentence about what the book cannot carry is the
reason where nothing else on the page tells it, and else empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.errors import BookError
from crm_analysis.labels import code_said, label
from crm_analysis.labels.language import begun, clauses, day_said, listed, sentences
from crm_analysis.report.sentences import chance, counted, money, told_or
from crm_analysis.report.values import text
from crm_analysis.satisfaction.worth.categories import HEARD
from crm_analysis.satisfaction.worth.leaving import CLEAR

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.satisfaction.focus import Scorecard
    from crm_analysis.satisfaction.worth.page import Worth

LARGE = 0.25
"""Share of a level's money from which on it is said that one account is so much of it."""
LIKELY = 0.5


# --- leaving ---


def leaving_said(look: Worth) -> str:
    """Whether leaving differs by what had been said beyond chance, and by how much; the figure tells the shares.

    Raises BookError where leaving cannot be told.
    """
    found = look.linked
    parts = []
    for question in ("satisfaction", "complaints"):
        own = found.table["question"] == question
        if own.any():
            parts.append(_question_said(look, question, found.table[own]))
    return sentences(*parts, label("worth_association"))


def leaving_how(look: Worth) -> str:
    """What was adjusted for, and how; raises BookError where leaving cannot be told."""
    return sentences(*look.linked.says)


def _question_said(look: Worth, question: str, table: pd.DataFrame) -> str:
    level = _levels(table)
    table = table.assign(words=level)
    tests = look.linked.tests
    test = tests[tests["question"] == question]
    name = label(f"worth_question_{question}")
    if test.empty or not test["p_any"].iloc[0] >= 0:
        return label("worth_few_levels", question=name)
    row = test.iloc[0]
    if row["p_any"] >= CLEAR:
        left = counted(table["left"].sum(), "leaver")
        return label("worth_alike", question=name, p=chance(row["p_any"]), left=left)
    said = [label("worth_unlike", question=name, p=chance(row["p_any"]))]
    reference = str(level[table["level"] == row["reference"]].iloc[0])
    apart = (table["low_ratio"] > 1) | (table["high_ratio"] < 1)
    ratios = [
        label(
            "worth_ratio",
            level=own["words"],
            ratio=_times(own["ratio"]),
            reference=reference,
            low=_times(own["low_ratio"]),
            high=_times(own["high_ratio"]),
        )
        for _, own in table[apart].iterrows()
    ]
    if ratios:
        said.append(label("worth_ratios", ratios=clauses(ratios)))
    if question == "satisfaction":
        said += _shape_said(row, table)
    return sentences(*said)


def _rates_said(table: pd.DataFrame, question: str) -> str:
    rates = [
        label("worth_rate", level=name, rate=_hundred(rate), low=_hundred(low), high=_hundred(high))
        for name, rate, low, high in zip(_levels(table), table["rate"], table["low"], table["high"], strict=True)
    ]
    return label("worth_rates", question=label(f"worth_question_{question}"), rates=clauses(rates))


def _shape_said(test: pd.Series, table: pd.DataFrame) -> list[str]:
    """Whether more satisfaction is less leaving step by step, among those heard; nothing where it is not known."""
    heard = table[table["level"].isin(["low", "middle", "high"]) & table["ratio"].notna()]
    if heard.empty or not test["p_heard"] >= 0:
        return []
    if test["p_bent"] < CLEAR:
        p, worst = chance(test["p_bent"]), str(heard.sort_values("ratio", kind="stable")["words"].iloc[-1])
        if heard["ratio"].is_monotonic_decreasing:
            return [label("worth_falls", p=p)]
        key = "worth_rises" if heard["ratio"].is_monotonic_increasing else "worth_bent"
        return [label(key, p=p, level=worst)]
    if test["p_heard"] >= CLEAR:
        return [label("worth_heard_alike", p=chance(test["p_heard"]))]
    return [label("worth_straight", p=chance(test["p_bent"]))] if test["p_bent"] >= 0 else []


# --- margin ---


def margin_said(look: Worth) -> str:
    """Whose next year differs from that of accounts of their size; raises BookError where no year is whole."""
    found = look.followed
    table = found.table.assign(words=_levels(found.table))
    clear = table["p_holm"] < CLEAR
    if not clear.any():
        return label("worth_margin_none", money=_stake(found.money))
    levels = []
    for _, row in table[clear].iterrows():
        key = "worth_below" if row["against"] < 1 else "worth_above"
        ends = sorted(
            abs(row[name] - 1) if (row[name] < 1) == (row["against"] < 1) else 0.0 for name in ("low", "high")
        )
        shown = [text(end, "share") for end in (abs(row["against"] - 1), *ends)]
        levels.append(label(key, level=row["words"], share=shown[0], low=shown[1], high=shown[2]))
    said = [label("worth_margin_clear", levels=clauses(levels))]
    for _, row in table[clear & (table["largest"] >= LARGE)].iterrows():
        said.append(label("worth_larger", level=row["words"], share=text(row["largest"], "share")))
    return sentences(*said)


def margin_how(look: Worth) -> str:
    """From which days, of how many, and what is done about size; raises BookError as `margin_said`."""
    found = look.followed
    first = found.table["question"].iloc[0]
    years = int(found.table.loc[found.table["question"] == first, "account_years"].sum())
    key = "worth_margin_how" if found.bands > 1 else "worth_margin_how_one"
    starts = listed(day_said(day) for day in found.starts)
    return label(key, money=begun(_stake(found.money)), starts=starts, n=f"{years:,}", bands=found.bands)


# --- what to improve for whom ---


def first_improvement(look: Worth) -> str:
    """The dimension that most waits for; empty where it cannot be told."""
    return str(told_or(lambda: look.by_dimension["improvement"].iloc[0] if _any_gain(look) else ""))


def improvement_said(look: Worth, currency: str) -> str:
    """How much waits for that dimension, and whose first improvement it is; why it cannot be told."""
    try:
        if not _any_gain(look):
            return _no_gain(look)
    except BookError as lack:
        return str(lack)
    row, found = look.by_dimension.iloc[0], look.priorities
    accounts, brought = counted(row["accounts"], "account"), money(float(row["at_stake"]), currency)
    if found.index:
        whole = found.each["priority"].clip(lower=0).sum()
        return label("priority_by",
            dimension=row["improvement"], share=text(row["priority"] / whole, "share"), low=f"{row['low']:.0f}",
            high=f"{row['high']:.0f}", accounts=accounts, money=brought,
        )  # fmt: skip
    low, high, amount = (money(float(row[name]), currency) for name in ("low", "high", "priority"))
    return label("priority_by_money",
        dimension=row["improvement"], amount=amount, stake=_stake(found.money), low=low, high=high, accounts=accounts,
        money=brought,
    )  # fmt: skip


def priorities_said(look: Worth, currency: str) -> str:
    """Who stands first, and how sure the list is; raises BookError where nobody was heard of."""
    table = look.improvements
    if table.empty:
        return _no_gain(look)
    row = table.iloc[0]
    rep = row.get("rep_id")
    name = row.get("name")
    name = name if isinstance(name, str) and name else row["account_id"]
    said = label(
        "priority_first",
        name=label("priority_rep", name=name, rep=rep) if isinstance(rep, str) and rep else name,
        dimension=row["improvement"],
        people=counted(row["people_on_it"], "person"),
        said=text(row["said_score"], "share"),
        reach=text(row["within_reach"], "share"),
        money=money(float(row["at_stake"]), currency),
        p_top=text(row["among_first"], "share"),
        p_first=text(row["surely_first"], "share"),
    )
    unsure = ""
    if row["low"] <= 0:
        key = "priority_unsure" if row["low"] < 0 else "priority_no_gap"
        unsure = label(key, dimension=row["improvement"])
    sure = int((table["surely_first"] > LIKELY).sum())
    return sentences(said, unsure, label("priority_sure", n=text(len(table), "count"), sure=text(sure, "count")))


def priorities_how(look: Worth) -> str:
    """What a priority is, and what was assumed; raises BookError as `priorities_said`."""
    found = look.priorities
    key = "priority_how" if found.index else "priority_how_money"
    return sentences(label(key, stake=_stake(found.money)), *found.says)


def unheard_said(look: Worth, currency: str) -> str:
    """How much margin is with accounts nobody was heard of; raises BookError as `Worth.unheard`."""
    table = look.unheard
    lost = float(table["at_stake"].sum())
    said = label(
        "unheard_said",
        accounts=counted(len(table), "account"),
        money=money(lost, currency),
        share=text(lost / look.at_stake, "share"),
    )
    if "was_asked" not in table:
        return said
    return sentences(said, counted(int(table["was_asked"].sum()), "unheard_asked"))


# --- our own view beside theirs ---


def rosier(look: Worth) -> str:
    """In how many questions our own view is rosier, of how many; empty where our people did not answer."""

    def said() -> str:
        table = look.scorecard.items
        return label("focus_value", rosier=int((table["verdict"] == "rosier").sum()), of=len(table))

    return str(told_or(said))


def focus_said(look: Worth) -> str:
    """In which questions our own view is rosier than the customers', by how much; why it cannot be told."""
    try:
        found = look.scorecard
    except BookError as lack:
        return str(lack)
    accounts = counted(found.accounts, "account")
    table = found.items[found.items["verdict"] == "rosier"]
    perhaps = int((found.items["verdict"] == "perhaps_rosier").sum())
    more = counted(perhaps, "focus_perhaps") if perhaps else ""
    if table.empty:
        return sentences(label("focus_none", accounts=accounts), more)
    table = table.sort_values(["difference", "item"], ascending=[False, True])
    items = listed(
        label("focus_times", item=item, difference=text(apart, "share"))
        for item, apart in zip(table["item"], table["difference"], strict=True)
    )
    return sentences(label("focus_said", items=items, accounts=accounts), more)


def focus_how(look: Worth) -> str:
    """How many views were paired, and how many not; raises BookError where our people did not answer."""
    found = look.scorecard
    pairs, unpaired = counted(found.pairs, "focus_view"), counted(found.unpaired, "focus_unpaired_have")
    return label("focus_pairs", pairs=pairs, same=found.same_wave, unpaired=unpaired)


def focus_importance_said(look: Worth) -> str:
    """Whether our people know what is important to customers; empty where too few said so."""
    found: Scorecard | None = told_or(lambda: look.scorecard, None)
    if found is None or not found.agreement["rho"] >= -1:
        return ""
    own = found.agreement
    numbers = {name: f"{own[name]:.2f}" for name in ("rho", "low", "high")}
    said = label("focus_agree", items=int(own["items"]), **numbers)
    table = found.importance[found.importance["p_holm"] < CLEAR]
    table = table[table["rank_ours"] != table["rank_theirs"]]
    if table.empty:
        return said
    table = table.assign(ranks=(table["rank_ours"] - table["rank_theirs"]).abs(), apart=table["difference"].abs())
    worst = table.sort_values(["ranks", "apart", "item"], ascending=[False, False, True]).iloc[0]
    ranks = {"ours": int(worst["rank_ours"]), "theirs": int(worst["rank_theirs"])}
    return sentences(said, label("focus_misjudged", item=worst["item"], **ranks))


def focus_teams_said(look: Worth) -> str:
    """The team whose view is rosiest beyond chance; raises BookError where the book does not tell teams."""
    look.focus_teams  # noqa: B018 -- raises where there are none
    table = look.scorecard.teams
    assert table is not None  # focus_teams has refused otherwise
    clear = table[table["verdict"] == "rosier"]
    if clear.empty:
        return label("focus_team_none")
    row = clear.sort_values(["difference", "team"], ascending=[False, True]).iloc[0]
    numbers = {name: text(row[name], "share") for name in ("difference", "low", "high")}
    return label("focus_team", team=code_said(row["team"]), **numbers)


# --- alt texts ---


def leaving_alt(look: Worth) -> str:
    """What a reader sees in the figure of leaving; raises BookError as `leaving_said`."""
    table = look.linked.table
    said = [_rates_said(own, str(question)) for question, own in table.groupby("question", sort=False)]
    return label("alt_leaving", said=sentences(*said))


def priorities_alt(look: Worth, currency: str) -> str:
    """What a reader sees in the figure of priorities; raises BookError as `priorities_said`."""
    return label("alt_priorities", said=priorities_said(look, currency))


def focus_alt(look: Worth) -> str:
    """What a reader sees in the figure of the scorecard; why there is none."""
    return label("alt_focus", said=focus_said(look))


def _any_gain(look: Worth) -> bool:
    """Whether anything has a priority above 0."""
    return bool((look.priorities.dimensions["priority"] > 0).any())


def _no_gain(look: Worth) -> str:
    """Why nothing comes first: nothing is at stake with those heard, or no gap matters."""
    if look.priorities.accounts["at_stake"].sum() > 0:
        return label("priority_none")
    return label("priority_nothing_at_stake", stake=_stake(look.priorities.money))


def _levels(table: pd.DataFrame) -> pd.Series:
    """The words for levels as they stand within sentences: how high is low, tables tell."""
    return table["level"].map(lambda level: label(f"worth_{'said' if level in HEARD else 'level'}_{level}"))


def _stake(kind: str) -> str:
    return label(f"stake_{kind}")


def _hundred(share: float) -> str:
    """A share as so many of a hundred, in whole numbers but where there is none of one."""
    return f"{100 * share:.1f}" if 0 < share < 0.01 else f"{100 * share:.0f}"


def _times(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 1 else f"{ratio:.1f}"
