"""A redacted book: no name is left in it, and nothing else has changed."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from pages import order, written

from crm_analysis.book import Book, open_book
from crm_analysis.book.codes import VARIABLE, codes, is_code, key_file, secret
from crm_analysis.book.contract import CONTRACT
from crm_analysis.book.mentions import Mentions, called, last_names, words
from crm_analysis.book.opening import kept
from crm_analysis.book.redact import LOTS, MEANT, OMITTED
from crm_analysis.churn.definition.exits import CLOSED, OURS
from crm_analysis.cli import main
from crm_analysis.contacts import _WORDS
from crm_analysis.errors import BookError, UserError
from crm_analysis.plan.decisions.answers import NEEDED, answers
from crm_analysis.potential.advice.decided import WORDS
from crm_analysis.potential.advice.words import NEVER_CUT, _codes

DEMO = Path(__file__).parents[2] / "data" / "demo"
KEY = b"k" * 32
NASTY = ('Müller & Söhne "West" O\'Neil', "XY", "华为技术有限公司", "Tamverand Rail s.r.o. Brno", "=A1+B2", "price")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "a key for these tests")


def nasty(folder: Path) -> Path:
    """A book with its names wherever a company might have put them."""
    accounts = [
        {"account_id": f"A{place}", "name": name, "group_id": "Konzern Müller" if place < 2 else "", "rep_id": "jmeier",
         "known_since": "2024-01-01", "industry": "XY trade" if place else "rail"}
        for place, name in enumerate(NASTY)
    ]  # fmt: skip
    return written(
        folder,
        accounts=accounts,
        orders=[
            order("A0", "2024-02-01", 10, family="for müller & söhne 'west' o neil", order_id="XY-17"),
            order("A1", "2024-02-02", 20, family="boards", order_id="N2", product="Tamverand housing"),
            order("A2", "2024-02-03", 30, family="华为技术有限公司专用", order_id="N3", end_user_id="A1"),
            order("A9", "2024-02-03", 30, family="boards", order_id="Jane Meier", product="x"),
        ],
        reps=[{"rep_id": "jmeier", "name": "Jane Meier", "from_date": "2020-01-01"}],
        complaints=[
            {"complaint_id": "K1", "account_id": "A0", "opened_on": "2024-03-01", "topic": "Tamverand late again"},
            {"complaint_id": "K2", "account_id": "A1", "opened_on": "2024-03-01", "topic": "talk with Ms Meier"},
            {"complaint_id": "K3", "account_id": "A1", "opened_on": "2024-03-02", "topic": "late delivery"},
            {"complaint_id": "K4", "account_id": "A1", "opened_on": "2024-03-02", "topic": "she said that " * 9},
        ],
        surveys=[
            {"account_id": "A0", "respondent_id": "Bob Smith", "answered_on": "2024-03-03", "item": "warm", "score": 4}
        ],
        contacts=[{"contact_id": "Bob Smith", "account_id": "A0", "role": "buys", "known_since": "2024-01-01"}],
        summaries=[{"account_id": "A0", "rep_id": "jmeier", "written_on": "2024-03-04", "headline": "Ask Uncle Joe"}],
        exits=[{"account_id": "A0", "known_on": "2024-04-01", "reason": "price", "decided_by": "them"}],
        decisions=[
            {"account_id": "A0", "decided_on": "2024-04-01", "action": "keep", "reason": "his cousin",
             "decided_by": "Jane  Meier"},
            {"account_id": "A1", "decided_on": "2024-04-01", "action": "keep", "reason": "", "decided_by": "jmeier"},
        ],
        account_history=[
            {"account_id": "A0", "field": "rep_id", "value": "jmeier", "known_on": "2024-01-01"},
            {"account_id": "A0", "field": "group_id", "value": "Konzern Müller", "known_on": "2024-01-01"},
            {"account_id": "A0", "field": "name", "value": "Müller OHG", "known_on": "2024-01-01"},
            {"account_id": "A0", "field": "stage", "value": "partner", "known_on": "2024-01-01"},
        ],
    )  # fmt: skip


def rows(book: Book, table: str) -> pd.DataFrame:
    return book.table(table).execute()


def every_text(home: Path) -> str:
    """All texts of a kept book."""
    found = [(home / "check.json").read_text(encoding="utf-8")]
    for path in sorted(home.glob("*.parquet")):
        table = pd.read_parquet(path)
        found += [str(value) for name in table for value in table[name].dropna() if isinstance(value, str)]
    return "\n".join(found)


# --- codes ---


def test_codes_follow_the_key_and_the_id_alone():
    one = codes(KEY, "A", ["x", "y"])
    assert one == codes(KEY, "A", ["x", "y", "z"])[:2]
    assert set(one).isdisjoint(codes(b"j" * 32, "A", ["x", "y"]))
    assert set(one).isdisjoint(codes(KEY, "P", ["x", "y"]))
    assert all(is_code(code) and len(code) == 10 for code in one)


def test_codes_that_would_be_equal_get_longer(monkeypatch):
    monkeypatch.setattr("crm_analysis.book.codes._LENGTH", 1)
    found = codes(KEY, "A", map(str, range(200)))
    assert len(set(found)) == 200
    assert {len(code) for code in found} == {3, 7}  # what collides goes on, the rest stays short


def test_a_key_is_drawn_once_and_kept(monkeypatch, tmp_path):
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setattr("platformdirs.user_data_dir", lambda name: str(tmp_path / name))
    first = secret()
    assert secret() == first
    assert len(key_file().read_text(encoding="utf-8")) == 64
    assert key_file().stat().st_mode & 0o077 == 0
    monkeypatch.setenv(VARIABLE, key_file().read_text(encoding="utf-8"))
    assert secret() == first  # the same codes on another machine


def test_a_short_key_is_refused(monkeypatch):
    monkeypatch.setenv(VARIABLE, "abc")
    with pytest.raises(BookError, match=r"REDACTION_KEY: the key of codes has 3 letters; expected at least 16\.$"):
        secret()


# --- names within texts ---


@pytest.mark.parametrize(
    ("text", "whole", "part"),
    [
        ("TAMVERAND   rail, s.r.o. Brno!", True, True),
        ("tamverand rail housing", False, True),
        ("Tamverand housing", False, True),
        ("tamveranda", False, False),
        ("rail", False, False),
        ("for Ms Meier", False, True),
        ("meierhof", False, False),
        ("与华为技术有限公司的合同", True, True),
        ("华为技术样品", False, True),
        ("华为", False, False),
        ("XY-17", True, True),
        ("xyz", False, False),
        ("Q", True, True),
        ("Q 17", False, False),
        ("", False, False),
        (None, False, False),
    ],
)
def test_names_are_found_as_whole_words(text, whole, part):
    accounts = dict(
        zip("abcd", words(pa.array(["Tamverand Rail s.r.o. Brno", "华为技术有限公司", "XY", "Q"])), strict=True)
    )
    people = words(pa.array(["Jane Meier", None]))
    found = Mentions([*accounts.values(), *people], called(accounts, {}) | last_names(people))
    assert found.within(pa.array([text]), False).tolist() == [whole]
    assert found.within(pa.array([text]), True).tolist() == [part]


def test_a_word_that_begins_many_names_is_no_name():
    accounts = dict(zip("abc", words(pa.array(["Nordic Rail AB", "Nordic Boards AB", "Tamverand AB"])), strict=True))
    assert called(accounts, {}) == {("nordic", "rail"), ("nordic", "boards"), ("tamverand",)}
    assert ("nordic",) in called(accounts, {"a": "G", "b": "G"})  # two offices of one customer


# --- books ---


def test_nothing_else_changes_in_the_demo():
    plain, coded = open_book(DEMO), open_book(DEMO, redact=True)
    changed = {}
    for name in plain.tables:
        one, two = rows(plain, name), rows(coded, name)
        changed[name] = {column for column in one if not one[column].equals(two[column])}
        for column in changed[name]:
            assert one[column].isna().equals(two[column].isna()), (name, column)
    people = {name: {"rep_id"} for name in ("interactions", "opportunities")}
    assert {name: columns for name, columns in changed.items() if columns} == people | {
        "accounts": {"name", "group_id", "rep_id"},
        "account_history": {"value"},
        "contacts": {"contact_id"},
        "decisions": {"reason", "decided_by"},
        "reps": {"rep_id", "name"},
        "summaries": {"rep_id", "headline", "concerns", "events", "next_step"},
        "survey_invitations": {"respondent_id"},
        "surveys": {"respondent_id"},
    }
    assert coded.check.redaction
    assert not coded.check.hidden_ids
    assert open_book(kept(DEMO, redact=True), redact=True).check == coded.check  # not redacted twice


def test_ids_of_one_person_or_group_stay_together():
    plain, coded = open_book(DEMO), open_book(DEMO, redact=True)
    places = [("accounts", "rep_id"), ("reps", "rep_id"), ("interactions", "rep_id"), ("opportunities", "rep_id")]
    for same in (
        places,
        [("surveys", "respondent_id"), ("survey_invitations", "respondent_id"), ("contacts", "contact_id")],
    ):
        pairs = pd.concat([
            pd.DataFrame({"id": rows(plain, name)[column], "code": rows(coded, name)[column]}) for name, column in same
        ]).dropna().drop_duplicates()  # fmt: skip
        assert pairs["id"].is_unique
        assert pairs["code"].is_unique
    assert (rows(coded, "reps")["rep_id"] == rows(coded, "reps")["name"]).all()


def test_codes_are_the_same_on_every_day_and_with_more_rows(tmp_path):
    nasty(tmp_path / "now")
    later = nasty(tmp_path / "later")
    with (later / "accounts.csv").open("a", encoding="utf-8") as file:
        file.write("AA,Aaron Ltd,,,2024-05-01,\n")
    now, then = open_book(tmp_path / "now", redact=True), open_book(later, redact=True)
    one, two = (rows(book, "accounts").set_index("account_id")["name"] for book in (now, then))
    assert "AA" in two
    assert (two[one.index] == one).all()
    day = rows(now.as_of("2024-02-15"), "accounts").set_index("account_id")["name"].dropna()
    assert (day == one[day.index]).all()


def test_names_in_nasty_places_are_found(tmp_path):
    home = kept(nasty(tmp_path / "book"), redact=True)
    text = every_text(home).lower()
    others = ("konzern müller", "jane", "meier", "bob", "smith", "uncle joe", "cousin", "she said", "tamverand")
    for name in (*NASTY, *others):
        assert not re.search(rf"(?<![\w-]){re.escape(name.lower())}(?![a-z])", text), name
    book = open_book(home)
    assert not book.check.hidden_ids
    topics = rows(book, "complaints").set_index("complaint_id")["topic"]
    assert topics["K3"] == "late delivery"
    assert topics.str.startswith("X-").sum() == 3
    assert topics.is_unique
    assert rows(book, "summaries")["headline"].tolist() == [OMITTED]
    assert rows(book, "exits")["decided_by"].tolist() == ["them"]
    decided = rows(book, "decisions").set_index("account_id")
    assert decided["decided_by"].nunique() == 1  # once by name, once by id
    assert decided["decided_by"]["A0"] == rows(book, "reps")["rep_id"][0]
    assert rows(book, "orders").set_index("order_id")["end_user_id"]["N3"] == "A1"
    assert rows(book, "complaints")["account_id"].tolist() == ["A0", "A1", "A1", "A1"]
    history = rows(book, "account_history").set_index("field")["value"]
    assert history["rep_id"] == decided["decided_by"]["A0"]
    assert history["group_id"] == rows(book, "accounts").set_index("account_id")["group_id"]["A0"]
    assert history["stage"] == "partner"
    assert all(one.examples == "" for one in book.check.fired)
    assert book.check.fired


@pytest.mark.parametrize("name", [None, "same", "within", "other", "word"])
def test_numbers_that_tell_the_name_become_codes(tmp_path, name):
    ids = ["Acme", "Beta"]
    shown = {"same": ids, "within": ["AC ME", "x"], "other": ["Gamma", "acme"], "word": ["Old Acme", "x"]}.get(
        name or ""
    )
    accounts = [{"account_id": one} | ({"name": shown[place]} if shown else {}) for place, one in enumerate(ids)]
    lines = [order(one, "2024-02-01", 10, line_id=f"{one}-1") for one in ids]
    book = open_book(written(tmp_path / "book", accounts=accounts, orders=lines), redact=True)
    assert book.check.hidden_ids
    found = rows(book, "accounts")
    assert found["account_id"].map(is_code).all()
    assert set(rows(book, "orders")["account_id"]) == set(found["account_id"])
    assert "acme" not in every_text(kept(tmp_path / "book", redact=True)).lower()
    if shown:
        assert (found["name"] == found["account_id"]).all()


def test_every_text_of_the_contract_is_looked_at(tmp_path):
    """A name in any text column of the contract does not come through, but for words that are no free text."""
    name = "Quorvex Haldane AG"
    kept_words = {"period", "quarter", "field", "currency", "kpi"}
    frames = {}
    for table in CONTRACT.values():
        row = {}
        for column in table:
            text = f"about {name} here" if not column.levels else column.levels[0]
            row[column.name] = {"date": "2024-01-31", "money": "1", "number": "1", "integer": "1", "flag": "true"}.get(
                column.type, "word" if column.name in kept_words or column.name == "state" else text
            )
        frames[table.name] = [row | ({"account_id": "A1"} if "account_id" in row else {})]
    frames["accounts"][0]["name"] = name
    frames["account_history"][0]["field"] = "industry"
    home = kept(written(tmp_path / "book", **frames), redact=True)
    book = open_book(home)
    assert set(book.tables) == set(CONTRACT)
    assert "quorvex" not in every_text(home).lower()
    assert rows(book, "orders")["ordered_on"][0] == pd.Timestamp(dt.date(2024, 1, 31))


def test_words_that_later_stages_know_stay(tmp_path):
    """Accounts and people called Call, Won or Keep change no number: contacts, offers, decisions keep their words."""
    plain, names = open_book(DEMO), {"A0000010": "Visit Wien GmbH", "A0000011": "Call Center AG", "A0000012": "US"}
    folder = tmp_path / "book"
    shutil.copytree(DEMO, folder, ignore=shutil.ignore_patterns("truth"))
    accounts, reps, decisions = (pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
                                 for name in ("accounts", "reps", "decisions"))  # fmt: skip
    accounts["name"] = accounts["account_id"].map(names).fillna(accounts["name"])
    reps.loc[:1, "name"] = ["S. Won", "T. Keep"]
    decisions.loc[0, "reason"] = "Never-cut group"
    for name, table in (("accounts", accounts), ("reps", reps), ("decisions", decisions)):
        table.to_csv(folder / f"{name}.csv", index=False)
    coded = open_book(folder, redact=True)
    for table, columns in {"interactions": ["channel", "initiated_by"], "opportunities": ["outcome"],
                           "decisions": ["action", "recommended"], "surveys": ["subject"],
                           "markets": ["supplier"]}.items():  # fmt: skip
        assert rows(coded, table)[columns].equals(rows(plain, table)[columns]), table
    assert sorted(rows(coded, "decisions")["reason"].dropna().unique()) == ["Never-cut group", OMITTED]


def test_the_words_that_later_stages_know_are_all_there():
    assert set(WORDS) <= MEANT["action"]
    assert set(_WORDS) <= MEANT["channel"]
    assert MEANT["reason"] >= CLOSED | OURS
    with_lots = {words for words, meant in _codes().items() if meant == NEVER_CUT}
    assert with_lots == set(LOTS)


def test_names_are_found_with_and_without_their_signs(tmp_path):
    names = ["Müller Electric GmbH", "Groenewald B.V.", "Société Générale", "Łódź Części", "Quorvex AG"]
    topics = ["MUELLER late", "Muller late", "Grönewald", "Gronewald", "at SOCIETE", "lodz czesci", "late"]
    accounts = [{"account_id": f"A{place}", "name": name} for place, name in enumerate(names)]
    complaints = [
        {"complaint_id": f"K{place}", "account_id": "A1", "opened_on": "2024-03-01", "topic": topic}
        for place, topic in enumerate(topics)
    ]
    markets = [{"period": "2024Q1", "segment": "all", "supplier": "Quorvex", "amount": 1, "known_on": "2024-05-01"}]
    lines = [order("A0", "2024-02-01", 10), order("A1", "2024-02-01", 10)]
    book = open_book(
        written(tmp_path / "book", accounts=accounts, orders=lines, complaints=complaints, markets=markets), redact=True
    )
    found = rows(book, "complaints").set_index("complaint_id")["topic"]
    assert found[~found.str.startswith("X-")].tolist() == ["late"]
    assert rows(book, "markets")["supplier"].str.startswith("X-").all()
    assert not book.check.hidden_ids
    accounts[0]["account_id"] = "MUELL-01"  # no word of the name
    accounts[2]["account_id"] = "SOCIETE01"
    folder = written(tmp_path / "told", accounts=accounts, orders=lines[1:])
    assert open_book(folder, redact=True).check.hidden_ids


def test_a_book_in_place_is_not_redacted():
    with pytest.raises(BookError, match="used in place cannot be redacted"):
        open_book(open_book(DEMO).con, redact=True)


def test_another_key_makes_another_book(monkeypatch):
    one = kept(DEMO, redact=True)
    monkeypatch.setenv(VARIABLE, "another key of these tests")
    assert kept(DEMO, redact=True) != one
    assert kept(DEMO, redact=True) != kept(DEMO)


def test_decisions_on_codes_of_accounts_are_refused_in_one_sentence(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(NEEDED)
    book.active.append([codes(KEY, "A", ["x"])[0], "keep"])
    book.save(tmp_path / "lists.xlsx")
    day = dt.date(2026, 9, 30)
    with pytest.raises(
        UserError, match=r"is a code of a redacted report; expected the book's own number[^\n]*was written\.$"
    ):
        answers(tmp_path / "lists.xlsx", frozenset("x"), day, day, "")


def test_the_command_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(VARIABLE, "short")
    assert main(["report", str(DEMO), "--quarter", "2026Q3", "--out", str(tmp_path), "--redact"]) == 2
    assert "expected at least 16" in capsys.readouterr().err
