"""The facade, its sentences and its figures: on the demo company, a made one, and books that lack what they need."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from complaining import company, complaint, days_ago, keyed, look_of, plain_orders
from small_books import DAY, line, small_book

from crm_analysis import plots
from crm_analysis.accounts import accounts
from crm_analysis.book import open_book
from crm_analysis.errors import BookError
from crm_analysis.labels import COLUMNS
from crm_analysis.report.sentences import complaints as said
from crm_analysis.report.sentences import silent as silent_words
from crm_analysis.satisfaction.complaints.page import Complaints

DEMO = Path(__file__).parents[3] / "data" / "demo"
HEADLINES = (
    said.rate_said, said.topic_said, said.wait_said, said.group_said, said.chart_said
)  # fmt: skip
OTHERS = (
    said.whose_said, said.funnel_said, said.funnel_alt, said.most_said, said.topics_alt, said.wait_groups_said,
    said.wait_alt, said.open_said, said.repeat_said,
)  # fmt: skip
TABLES = ("groups", "most", "topics", "other_kinds", "waits", "open_ones", "repeats")
QUIET = (silent_words.list_said, silent_words.trust_said, silent_words.calibration_said)
QUIET_TABLES = ("silent_alike", "silent_candidates", "silent_calibration")
mpl.use("agg")


def no_panels():
    raise BookError("no panel here")


@pytest.fixture(scope="module")
def demo() -> Complaints:
    book = open_book(DEMO)
    frame = accounts(book, DAY)
    return Complaints(book, DAY, frame.assign(segment="all"), no_panels)


@pytest.fixture(scope="module")
def look() -> Complaints:
    return look_of(company(), no_panels)


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def sentences(look: Complaints) -> dict[str, str]:
    """Every sentence that can be told; headlines always can."""
    told = {sentence.__name__: sentence(look) for sentence in HEADLINES}
    told["alike_said"] = silent_words.alike_said(look.quiet)
    for sentence, own in [*((one, look) for one in OTHERS), *((one, look.quiet) for one in QUIET)]:
        try:
            told[sentence.__name__] = sentence(own)
        except BookError as lack:
            told[sentence.__name__] = str(lack)
    return told


def test_every_column_has_a_heading_and_every_sentence_is_one(demo, look):
    shown = 0
    for own in (demo, look):
        for room, name in [*((own, name) for name in TABLES), *((own.quiet, name) for name in QUIET_TABLES)]:
            try:
                table = getattr(room, name)
            except BookError:
                continue
            assert set(table.columns) <= set(COLUMNS)
            assert len(table)
            shown += 1
        for name, words in sentences(own).items():
            assert words, name
            assert "nan" not in words.split(), name
            assert not re.search(r"[{}]", words), name
    assert shown >= 12


def test_the_demo_says_what_its_rows_say(demo):
    rows = pd.read_csv(DEMO / "complaints.csv", parse_dates=["opened_on", "closed_on"])
    year = rows[rows["opened_on"] > "2025-09-30"]
    assert demo.overall["complaints"] == len(year)
    assert f"{len(year)} complaints came on" in said.rate_said(demo)
    assert said.rate(demo) == round(100 * len(year) / demo.frame["orders"].sum(), 2)
    first = year["topic"].value_counts()
    assert said.topic(demo) == first.index[0]
    assert f"{first.iloc[0] / len(year):.1%}" in said.topic_said(demo)
    assert said.wait(demo) == f"{int((year['closed_on'] - year['opened_on']).dt.days.median())} days, for half of them"
    assert demo.funnels["sales_office"].table["complaints"].sum() == len(year)
    assert said.group(demo) == "no group"
    assert silent_words.alike(demo.quiet) == "–"
    assert silent_words.alike_said(demo.quiet) == "no panel here"


def test_the_office_that_complains_is_named_in_the_headline(look):
    assert said.group(look) == "Sales office Linz"
    assert "sales office Linz" in said.group_said(look)
    assert look.groups["group"].iloc[0] == "Linz"
    assert look.groups["verdict"].iloc[0] == "more than chance explains"
    assert look.drawn_by == said.drawn_groups(look).replace(" ", "_") == "sales_office"
    own = look.groups[look.groups["grouped_by"] == "Sales office"]
    assert own["complaints"].sum() == look.overall["complaints"]
    assert own["expected_complaints"].sum() == pytest.approx(look.overall["complaints"], abs=0.01)


def test_sentences_of_change(look):
    names = [f"A{place}" for place in range(40)]
    lines = [line(name, days_ago(30 * n), 10) for name in names for n in range(31)]
    rows = [complaint(name, 5 + place, 3, topic="late") for place, name in enumerate(names)]
    rows += [complaint(name, 400, 3, topic="rude") for name in names[:4]] + [complaint("A9", 880, 2)]
    grown = look_of(small_book(lines, complaints=keyed(rows)), no_panels)
    assert "chance does not explain the difference (p < 0.001)" in said.rate_said(grown)
    assert "chance does not explain the change of late (0 then, 40 now)" in said.topic_said(grown)
    assert "chance alone may explain the difference" in said.rate_said(look)
    assert said.most_said(look).startswith(f"{(look.counts.frame['complaints'] > 1).sum()} accounts complained twice")
    closed = grown.waits.iloc[0]
    assert (closed["median_days"], closed["within_5"], closed["still_open"]) == (3, 1, 0)
    assert "still open" not in said.wait_said(grown)
    assert "No complaint is open." in sentences(grown)["open_said"]


def test_books_that_lack_something_say_so():
    names = ["A0", "A1"]
    bare = look_of(small_book(plain_orders(names)), no_panels)
    for sentence in HEADLINES:
        assert "has no table 'complaints'" in sentence(bare)
    assert "has no table 'complaints'" in silent_words.alike_said(bare.quiet)
    assert silent_words.alike(bare.quiet) == "–"
    for value in (said.topic, said.wait, said.group):
        assert value(bare) == "–"
    assert np.isnan(said.rate(bare))
    assert said.funnel_alt(bare) == said.topics_alt(bare) == said.wait_alt(bare) == ""
    only = small_book(
        plain_orders(names), complaints=[{"complaint_id": "K", "account_id": "A0", "opened_on": days_ago(9)}]
    )
    least = sentences(look_of(only, no_panels))
    assert "no column 'topic'" in least["topic_said"]
    assert "no column 'closed_on'" in least["wait_said"]
    never = look_of(small_book(plain_orders(names), complaints=keyed([complaint("A0", 50)])), no_panels)
    assert "perhaps the book does not record it" in said.wait_said(never)
    assert said.wait(never) == "Not yet half"
    alone = look_of(small_book(plain_orders(["A0"]), complaints=keyed([complaint("A0", 50, 4)])), no_panels)
    with pytest.raises(BookError, match="no two groups with orders"):
        alone.drawn  # noqa: B018
    assert "no two groups" in said.group_said(alone)
    assert sentences(alone)["rate_said"].startswith("1 complaint came on 10 orders")
    assert "per 100 orders), 1.00 for each account with an order." in said.rate_said(alone)
    one = [complaint("A0", 50, 4), complaint("A1", 40), complaint("A1", 30, -2), complaint("A1", 20)]
    some = look_of(small_book(plain_orders(names), complaints=keyed(one[:3])), no_panels)
    assert "1 of them is still open and counts for as long as it was seen." in said.wait_said(some)
    assert "1 complaint closed before it was opened is left out." in said.wait_said(some)
    more = look_of(small_book(plain_orders(names), complaints=keyed([*one, one[2]])), no_panels)
    assert "2 of them are still open and count" in said.wait_said(more)
    assert "2 complaints closed before they were opened are left out." in said.wait_said(more)


@pytest.mark.parametrize("last", [None, 4])
def test_one_complaint_that_no_other_followed_is_no_certainty(last):
    """Nothing closed within 5 days, nothing repeated within 90: of one account that tells hardly anything."""
    own = small_book(plain_orders(["A0", "A1"]), complaints=keyed([complaint("A0", 100, last and 70)]))
    look = look_of(own, no_panels)
    assert "0.0% within 5 days (0.0% to 95.0%)" in said.wait_said(look)
    assert "0.0% of complaints were followed by another complaint within 90 days (90% interval 0.0% to 95.0%)" in (
        said.repeat_said(look)
    )


def test_chart_sentences():
    names = [f"A{place}" for place in range(20)]
    lines = [line(name, days_ago(30 * n), 10) for name in names for n in range(31)]
    rows = [complaint(name, 30 * n + 3, 1, topic="late") for n in range(30) for name in names[:2]]
    calm = look_of(small_book(lines, complaints=keyed(rows)), no_panels)
    assert "No month stands out." in said.chart_said(calm) or "Signals" in said.chart_said(calm)
    burst = keyed([*rows, *(complaint(name, 100, 1, topic="bad") for name in names)])
    look = look_of(small_book(lines, complaints=burst), no_panels)
    told = said.chart_said(look)
    assert "2026-06 above the limit" in told
    assert f"complaints that come one by one, gives {look.chart.by_chance:.0%} of such charts a signal." in told


def test_figures_draw_what_the_tables_say(look):
    drawn = look.drawn
    ax = plots.complaint_funnel(drawn.table, look.drawn_limits, "sales office")
    dots = sum(len(own.get_xdata()) for own in ax.lines if own.get_marker() == "o")
    assert dots == drawn.tested == 4
    assert [own.get_text() for own in ax.texts] == drawn.table.loc[drawn.table["way"] != 0, "group"].tolist()
    ax = plots.complaint_topics(look.topics)
    assert [bar.get_width() for bar in ax.patches] == look.topics["share"].tolist()
    steps = look.wait_curves
    ax = plots.complaint_waits(steps)
    assert len(ax.lines) == steps["group"].nunique() == 3
    chart = look.chart
    ax = plots.complaint_chart(chart.table, chart.middle, chart.low, chart.high)
    assert ax.lines[3].get_ydata().tolist() == chart.table["per_100"].tolist()
    assert len(ax.lines[4].get_ydata()) == len(chart.signals)
    for own in (
        plots.complaint_funnel(drawn.table.head(0), look.drawn_limits.head(0), "x"),
        plots.complaint_topics(look.topics.head(0)),
        plots.complaint_waits(look.resolution.curves()),
    ):
        own.figure.canvas.draw()
