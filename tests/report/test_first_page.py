"""The first page: what it chooses of what the pages tell, from contents made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pages import page

from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.report import choice, front
from crm_analysis.report.front import Change, Decision, Tile
from crm_analysis.report.index import index
from crm_analysis.report.render import About, slug
from crm_analysis.report.sentences.front import cut_anew, serve_anew
from crm_analysis.report.sparkline import sparkline
from crm_analysis.report.tables import SORTS, contents

ABOUT = About("B", "2026Q3", "2026-09-30")
AT_RISK = {"name": "at_risk", "caption": "At risk.", "rows": 3}
HOSTILE = "<script>alert(1)</script>"


def part(**sorts: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    return {sort: [] for sort in SORTS} | sorts


def told(topic: str, words: str) -> dict[str, str]:
    return {"name": topic, "sentence": words}


def head(name: str) -> dict[str, str]:
    return {"name": name, "heading": name.upper(), "value": "7", "sentence": "Because."}


def change(name: str, **kinds: bool | str) -> dict[str, Any]:
    usual = {"sentence": f"{name}.", "family": name, "lit": False, "most": False, "nothing": False, "anchor": ""}
    return {"name": name} | usual | kinds


def decide(name: str, money: float | None = None, **more: Any) -> dict[str, Any]:
    usual = {"what": f"Do {name}.", "who": "us", "worth": "", "money": money, "table": "", "anchor": ""}
    return {"name": name} | usual | {"accounts": [], "stops": False, "values": {}} | more


def tile(name: str = "revenue", **more: Any) -> dict[str, Any]:
    usual = {"heading": "Revenue", "now": "EUR 2M", "before": "EUR 1M", "change": "+100%", "light": "better",
             "anchor": "", "kind": "year", "trend": [["2026Q1", 1.0], ["2026Q2", 3.0]],
             "described": "It rose."}  # fmt: skip
    return {"name": name} | usual | more


# --- the paragraph ---


def test_the_paragraph_goes_from_money_to_the_programme_whatever_the_order_of_pages():
    found = {
        "kpi": part(told=[told("programme", "P.")]),
        "retention": part(told=[told("leaving", "L.")]),
        "segmentation": part(told=[told("revenue", "R.")]),
    }
    assert choice.paragraph(found) == ["R.", "L.", "P."]


def test_a_poor_book_is_told_by_headlines_and_nothing_is_invented():
    unknown = head("complaint_rate") | {"value": label("unknown")}
    heads = [head("may_be_cut"), head("active_accounts"), head("top_share"), unknown]
    assert choice.paragraph({"segmentation": part(headlines=heads)}) == ["ACTIVE_ACCOUNTS: 7.", "MAY_BE_CUT: 7."]
    assert choice.paragraph({"segmentation": part(told=[told("revenue", "R.")], headlines=heads[1:])}) == ["R."]
    assert choice.paragraph({"data_check": part()}) == []


# --- what changed ---


def names(found: list[dict[str, Any]]) -> list[str]:
    return [one["name"] for one in found]


def test_what_is_beyond_chance_comes_first_and_of_a_family_once():
    kpi = part(changes=[
        change("revenue", lit=True), change("growth", lit=True, family="revenue"), change("on_time", lit=True),
        change("nps", most=True),
    ])  # fmt: skip
    since = part(changes=[change("moves"), change("risks")])
    assert names(choice.changes({"kpi": kpi, "since": since})) == ["revenue", "on_time", "moves"]


def test_where_nothing_changed_that_is_said_then_moves_then_what_moved_most():
    kpi = part(
        changes=[change("nothing", nothing=True), change("nps", most=True), change("csat", most=True, family="nps")]
    )
    since = part(changes=[change("moves"), change("risks")])
    assert names(choice.changes({"kpi": kpi, "since": since})) == ["nothing", "moves", "nps"]
    assert names(choice.changes({"kpi": kpi})) == ["nothing", "nps"]
    assert names(choice.changes({"since": since})) == ["moves", "risks"]
    assert choice.changes({}) == []


# --- decisions ---


def test_decisions_with_most_money_come_first_then_the_fixed_order_one_a_page():
    found = {
        "satisfaction": part(decisions=[decide("improve")]),
        "potential": part(decisions=[decide("cut", 20.0)]),
        "retention": part(decisions=[decide("call", 300.0), decide("other", 200.0)]),
        "plan": part(decisions=[decide("serve")]),
    }
    assert names(choice.decisions(found)) == ["call", "cut", "serve"]


def stopping(folder: Path, name: str, rows: pd.DataFrame, values: dict[str, Any]) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    rows.to_parquet(folder / front.STOPS.format(name=name))
    made = {"cut": cut_anew, "serve": serve_anew}[name](rows, values)
    return decide(name, stops=True, values=values) | front.entry_words(made)


def test_nobody_is_cut_or_served_less_who_is_to_be_called(tmp_path):
    cut = pd.DataFrame({"account_id": ["A", "B"], "potential": [0.5, 0.1], "minutes": [60.0, 30.0],
                        "cost_to_serve": [100.0, 40.0]})  # fmt: skip
    served = pd.DataFrame({"account_id": ["A", "C", "D"], "hours": [5.0, 2.0, 1.0]})
    found = {
        "retention": part(decisions=[decide("call", 9.0, accounts=["A", "Z"])]),
        "potential": part(decisions=[stopping(tmp_path / "potential", "cut", cut, {"currency": "EUR"})]),
        "plan": part(decisions=[stopping(tmp_path / "plan", "serve", served, {"accounts": 4, "hours": 6.0})]),
    }
    choice.settled(tmp_path, found)
    told = {one["name"]: one for one in choice.decisions(found)}
    assert told["cut"]["what"].startswith("Stop active service for 1 account,")
    assert told["cut"]["what"].endswith(
        "1 more is to be called first: until then its service stays as it is, whatever the list says."
    )
    assert told["cut"]["worth"] == "Worth: 30 minutes and EUR 40.00 freed a year."
    assert told["cut"]["money"] == 40
    assert told["serve"]["what"].startswith("Serve 4 accounts more and 2 accounts less")
    assert told["serve"]["worth"] == "Worth: 3 hours freed and 6 hours given a year."


def test_a_cut_of_nobody_but_those_to_call_is_no_decision(tmp_path):
    cut = pd.DataFrame({"account_id": ["A"], "potential": [0.5], "minutes": [60.0], "cost_to_serve": [100.0]})
    found = {
        "retention": part(decisions=[decide("call", 9.0, accounts=["A"])]),
        "potential": part(decisions=[stopping(tmp_path / "potential", "cut", cut, {"currency": "EUR"})]),
    }
    choice.settled(tmp_path, found)
    assert names(choice.decisions(found)) == ["call"]


def test_decisions_that_do_not_cross_stay_as_they_are(tmp_path):
    cut = pd.DataFrame({"account_id": ["B"], "potential": [0.5], "minutes": [60.0], "cost_to_serve": [100.0]})
    entry = stopping(tmp_path / "potential", "cut", cut, {"currency": "EUR"})
    found = {
        "retention": part(decisions=[decide("call", 9.0, accounts=["A"])]),
        "potential": part(decisions=[entry]),
    }
    choice.settled(tmp_path, found)
    assert found["potential"]["decisions"] == [entry]


# --- the page ---


@pytest.mark.parametrize("light", ["better", "worse", "changed", "same", "unknown", "untested"])
def test_a_tile_has_its_light_as_a_word_too(light):
    shown = page(index(ABOUT, {"kpi": part(tiles=[tile(light=light)])}))
    one = shown.soup.find("ul", class_="tiles").li
    assert one["class"] == [light]
    assert one.find(class_="light").get_text() == label(f"tile_{light}")
    assert one.find(class_="before").get_text() == "a year ago EUR 1M (+100%)"
    assert one.svg.title.get_text() == "It rose."


def test_a_tile_without_a_year_before_says_so():
    shown = page(index(ABOUT, {"kpi": part(tiles=[tile(before="", trend=[["2026Q1", 1.0]])])}))
    assert shown.soup.find(class_="before").get_text() == "a year ago not known"
    assert shown.soup.svg is None


def test_a_figure_of_another_time_than_the_first_says_so():
    found = {"kpi": part(tiles=[tile(kind="quarter"), tile("account_retention", heading="Retention")])}
    shown = page(index(ABOUT, found)).soup.find_all(class_="what")
    assert [one.get_text() for one in shown] == ["Revenue", "Retention (the year)"]


def test_a_pack_without_anything_to_tell_is_pages_and_files():
    shown = page(index(ABOUT, {"data_check": part()}, skipped={"since": "It needs another."}))
    assert [h2["id"] for h2 in shown.soup.find_all("h2")] == ["pages", "skipped", "downloads"]
    assert "Since last quarter: It needs another." in shown.text


def test_a_rich_page_in_its_order_with_links_to_sections():
    found = {
        "segmentation": part(told=[told("revenue", "R.")]),
        "kpi": part(
            tiles=[tile()],
            changes=[change(name, lit=True, anchor="what-changed") for name in "abc"],
            decisions=[decide("judge", anchor="x", table="kpi_effect")],
            tables=[{"name": "kpi_effect", "caption": "C.", "rows": 1, "currency": "", "kinds": {}}],
        ),
    }
    shown = page(index(ABOUT, found, ["Assumed."]))
    order = ["in-short", "figures", "changed", "decide", "pages", "assumptions", "downloads"]
    assert [h2["id"] for h2 in shown.soup.find_all("h2")] == order
    assert shown.soup.find(id="changed").get_text() == "Three things that changed"
    assert shown.soup.find(id="decide").get_text() == "Decisions to take"
    links = [a["href"] for a in shown.soup.find("section", attrs={"aria-labelledby": "decide"}).find_all("a")]
    assert links == ["kpi.html#x", "tables/kpi_effect.csv"]
    assert {"kpi.html#what-changed", "kpi.html"} <= {a["href"] for a in shown.soup.main.find_all("a")}
    assert all(not details.has_attr("open") for details in shown.soup.find_all("details"))


def test_a_pdf_is_named_first_among_the_files_and_files_are_marked_for_paper():
    found = {"retention": part(decisions=[decide("call", 1.0, table="at_risk")], tables=[AT_RISK])}
    assert "report.pdf" not in index(ABOUT, found)
    shown = page(index(ABOUT, found, pdf="report.pdf")).soup
    assert shown.select_one(".downloads a")["href"] == "report.pdf"
    outside = [link for link in shown.select("a[href]") if not link.find_parent(class_="files")]
    assert all(link["href"].partition("#")[0] in ("", "retention.html") for link in outside)


def test_a_book_that_ends_before_the_quarter_is_told_at_the_top():
    early = About("B", "2026Q3", "2026-09-30", "2026-08-15")
    assert "As of 2026-09-30, of a book that ends on 2026-08-15" in page(index(early, {})).text
    assert "ends on" not in page(index(About("B", "2026Q3", "2026-09-30", "2026-10-02"), {})).text


def test_nothing_told_can_run():
    evil = {
        "kpi": part(
            told=[told("revenue", HOSTILE)],
            tiles=[
                tile('"><img src=x onerror=alert(1)>', heading=HOSTILE, now=HOSTILE, before=HOSTILE, described=HOSTILE)
            ],
            changes=[change("a", sentence=HOSTILE)],
            decisions=[decide("call", what=HOSTILE, worth=HOSTILE, who=HOSTILE)],
        )
    }
    soup = page(index(ABOUT, evil)).soup
    assert not soup.find_all(["script", "img"])
    assert soup.get_text().count("alert(1)") >= 7


def test_a_line_leaves_a_gap_where_a_quarter_is_not_told():
    svg = sparkline([["a", 1.0], ["b", 2.0], ["c", None], ["d", 3.0], ["e", 1.0]], "D", "k")
    assert svg.count("<polyline") == 2
    assert 'role="img"' in svg
    assert sparkline([["a", 1.0], ["b", None]], "D", "k") == ""
    assert "nan" not in sparkline([["a", 2.0], ["b", 2.0]], "D", "k")


# --- what notebooks hand on ---


def refused() -> Any:
    raise BookError("no")


def test_notebooks_hand_on_what_can_be_told_and_nothing_else(tmp_path, monkeypatch):
    shown: list[str] = []
    monkeypatch.setattr("crm_analysis.report.front.display_html", lambda words, html: shown.append(html))
    front.told("revenue", lambda: "R.", tmp_path)
    front.told("leaving", refused, tmp_path)
    front.told("content", lambda: "", tmp_path)
    front.tiles(lambda: [Tile("a", "A", "1", "", "", "same", "year", (("2026Q1", None),), "D")], tmp_path)
    front.changes(lambda: [Change("a", "A.", "a", lit=True)], tmp_path, "What changed, and what did not")
    front.decision("call", lambda: Decision(HOSTILE, "we", accounts=("A",)), tmp_path, "Who is at risk")
    front.decision("cut", refused, tmp_path)
    front.decision("serve", lambda: None, tmp_path)
    found = contents(tmp_path)
    assert [one["name"] for one in found["told"]] == ["revenue"]
    assert found["tiles"][0]["trend"] == [["2026Q1", None]]
    assert found["changes"][0]["anchor"] == slug("What changed, and what did not")
    assert [(one["name"], one["money"], one["accounts"]) for one in found["decisions"]] == [("call", None, ["A"])]
    assert len(shown) == 1
    assert "<script" not in shown[0]
    json.dumps(found, allow_nan=False)


def test_without_a_folder_a_decision_is_shown_and_nothing_is_written(tmp_path, monkeypatch):
    shown: list[str] = []
    monkeypatch.setattr("crm_analysis.report.front.display_html", lambda words, html: shown.append(words))
    monkeypatch.chdir(tmp_path)
    front.decision("call", lambda: Decision("Call.", "we", "Worth: 1."))
    front.told("revenue", lambda: "R.")
    assert shown == ["To decide: Call. Worth: 1. Who acts: we."]
    assert list(tmp_path.iterdir()) == []
