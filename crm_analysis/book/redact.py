"""A copy of an accepted book in which codes stand for accounts and people, so that no later stage ever sees a name.

Names and ids of people, and names of accounts, become codes. What people write freely is left out. All other text stays
unless a known name stands in it: then all of it becomes a code. The number of an account stays too, for orders end in
it and lots are drawn by it, unless it tells the name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from crm_analysis.book.check import CheckResult
from crm_analysis.book.codes import code, codes, mark
from crm_analysis.book.contract import CONTRACT
from crm_analysis.book.mentions import Mentions, Words, called, last_names, long, spellings, words
from crm_analysis.book.questionnaire import Questionnaire

OMITTED = "[…]"
"""Stands for what people wrote freely."""
PROSE = 60
"""Letters from which a topic or a reason is no word of a list, but written freely."""
_ACCOUNT, _PERSON, _GROUP, _END_USER, _TEXT, _FILE = "A", "P", "G", "E", "X", "F"
_IDS = {
    "account_id": _ACCOUNT, "group_id": _GROUP, "end_user_id": _END_USER,
    "rep_id": _PERSON, "respondent_id": _PERSON, "contact_id": _PERSON,
}  # fmt: skip
_FREE = {("summaries", name) for name in ("headline", "concerns", "events", "next_step")} | {("decisions", "reason")}
_SAID = {"topic", "purpose", "reason", "lost_reason", "end_reason"}
_OURS = {
    "sales_office", "team", "country", "region", "postal_code", "industry", "customer_type", "segment", "item",
    "dimension", "department",
}  # fmt: skip
"""Lists in which only whole names are looked for: a region and a company may share a first word."""
_STEPS = frozenset((
    "visit", "call", "cut", "desk", "desk service", "develop", "drop", "goodbye", "keep", "key", "may be cut",
    "minimum order", "no service", "prepayment", "select", "small order price", "survey", "survey first", "win back",
))  # fmt: skip
_ENDS = frozenset((
    "closed", "closed down", "closure", "business closed", "ceased trading", "insolvency", "insolvent",
    "bankruptcy", "bankrupt", "liquidation", "liquidated", "merger", "merged", "acquisition", "acquired",
    "taken over", "takeover", "cut by us", "ended by us", "terminated by us", "not worth serving",
))  # fmt: skip
MEANT: dict[str, frozenset[str]] = {
    **dict.fromkeys(("channel", "action", "recommended"), _STEPS),
    **dict.fromkeys(("reason", "end_reason"), _ENDS),
    "outcome": frozenset(("won", "lost")),
    **dict.fromkeys(("subject", "supplier"), frozenset(("us",))),
}
"""Words that later stages know, by column: they stay although an account or a person may be called so."""
LOTS = ("never cut group", "永不停止服务组")
"""The reason of a decision that tells whom the lot exempts, in every language: all others are free text."""
_PLAIN = {"period", "quarter", "field", "currency", "kpi"}
_LETTERS = r"\p{L}{3}"
"""What an id holds that may be a name; others are numbers, and numbers are not looked for in texts."""
_BATCH = 1 << 17
_KEY_LETTERS = 16
"""Letters of the code of an order's or another row's number: as many as no two of millions share."""


@dataclass(frozen=True)
class Ids:
    """Ids and what stands for each."""

    ids: pa.Array
    codes: pa.Array

    def of(self, values: Any) -> Any:
        """The codes of the values; null for what is no id."""
        return pc.take(self.codes, pc.index_in(values, value_set=self.ids))


def redacted(home: Path, check: CheckResult, key: bytes, into: Path) -> CheckResult:
    """Write the kept book in `home` into another folder with codes for names; returns its check."""
    redaction = _Redaction(home, key)
    for name in redaction.tables:
        redaction.copy(name, into)
    redaction.copy("quarantine", into)
    return redaction.check(check)


class _Redaction:
    """What stands for what in one book."""

    def __init__(self, home: Path, key: bytes) -> None:
        self.home, self.key = home, key
        self.tables = [name for name in CONTRACT if (home / f"{name}.parquet").is_file()]
        accounts, people = self.read("accounts", "account_id", "name", "group_id"), self.read("reps", "rep_id", "name")
        numbers, groups = accounts["account_id"].to_pylist(), accounts["group_id"].to_pylist()
        names = [dict(zip(numbers, one, strict=True)) for one in spellings(accounts["name"])]
        reps = spellings(people["name"])
        self.rep_of = {name: rep for name, rep in zip(reps[0], people["rep_id"].to_pylist(), strict=True) if name}
        ids = self.ids()
        owner = {one: group for one, group in zip(numbers, groups, strict=True) if group}
        known = {name for one in (*(own.values() for own in names), *reps) for name in one}
        for kind in (_PERSON, _GROUP, _END_USER):
            known.update(_namelike(ids[kind]))
        parts = {part for own in names for part in called(own, owner)} | {
            part for one in reps for part in last_names(one)
        }
        self.mentions = Mentions(known, parts)
        self.hidden = self.tell(names)
        if self.hidden:
            self.mentions = Mentions({*known, *_namelike(ids[_ACCOUNT])}, parts)
        self.named = {
            kind: Ids(of, pa.array(codes(key, kind, of.to_pylist()), pa.string())) for kind, of in ids.items()
        }
        self.shown = dict(self.named)
        if not self.hidden:
            self.shown[_ACCOUNT] = Ids(ids[_ACCOUNT], ids[_ACCOUNT])
        for kind in (_GROUP, _END_USER):  # a group or an end user may be one of the accounts
            one = self.shown[_ACCOUNT].of(ids[kind])
            self.shown[kind] = Ids(ids[kind], pc.coalesce(one, self.named[kind].codes))

    def read(self, table: str, *columns: str) -> pa.Table:
        """Columns of a table as texts; one that it lacks is empty."""
        path = self.home / f"{table}.parquet"
        there = [name for name in columns if table in self.tables and name in pq.read_schema(path).names]
        found = pq.read_table(path, columns=there) if there else pa.table({})
        nothing = pa.nulls(found.num_rows, pa.string())
        return pa.table({name: found[name].combine_chunks() if name in there else nothing for name in columns})

    def ids(self) -> dict[str, pa.Array]:
        """Every id in the book by kind, sorted."""
        found: dict[str, list[Any]] = {kind: [] for kind in _IDS.values()}
        for table in self.tables:
            for name in (name for name in CONTRACT[table].names if name in _IDS):
                found[_IDS[name]].append(self.read(table, name)[name])
        history = self.read("account_history", "field", "value")
        for name, kind in _IDS.items():
            found[kind].append(history["value"].filter(pc.equal(history["field"], name)))
        found[_PERSON].append(self.as_ids(self.read("decisions", "decided_by")["decided_by"]))
        return {kind: _distinct([chunk for each in parts for chunk in _chunks(each)]) for kind, parts in found.items()}

    def tell(self, names: list[dict[str, Words]]) -> bool:
        """True if account numbers tell who accounts are: no names stand beside them, or names stand in them."""
        numbers = pa.array(list(names[0]), pa.string())
        if not any(names[0].values()) or self.mentions.within(numbers, True).any():
            return True
        letters = ["".join(number) for number in words(numbers)]
        return any(
            part in number
            for own in names
            for number, name in zip(letters, own.values(), strict=True)
            for part in ("".join(name), *(word for word in name if long(word)))
            if part
        )

    def as_ids(self, people: Any) -> pa.Array:
        """People given by name or by id, by their ids as far as `reps` has the name."""
        given = people.to_pylist()
        return pa.array(
            [self.rep_of.get(name, one) for one, name in zip(given, words(people), strict=True)], pa.string()
        )

    def copy(self, table: str, into: Path) -> None:
        """The table's file with its texts redacted: the same rows in the same order."""
        with pq.ParquetFile(self.home / f"{table}.parquet") as file:
            schema = file.schema_arrow.remove_metadata()
            with pq.ParquetWriter(into / f"{table}.parquet", schema, compression="zstd") as out:
                for batch in file.iter_batches(_BATCH):
                    columns = [self.column(table, name, batch) for name in schema.names]
                    out.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))

    def column(self, table: str, name: str, batch: pa.RecordBatch) -> Any:
        """One column of some rows, redacted."""
        values = batch.column(name)
        if values.type != pa.string():
            return values
        if table == "quarantine":
            file, told = self.each(values, self.file), pc.if_else(values.is_valid(), OMITTED, values)
            return {"file": file, "value": told}.get(name, values)
        if (table, name) == ("account_history", "value"):
            return self.history(batch)
        if (table, name) == ("accounts", "name"):
            return pc.if_else(values.is_valid(), self.named[_ACCOUNT].of(batch.column("account_id")), values)
        if (table, name) == ("reps", "name"):
            return pc.if_else(values.is_valid(), self.named[_PERSON].of(batch.column("rep_id")), values)
        return self.values(table, name, values)

    def history(self, batch: pa.RecordBatch) -> Any:
        """The values of a history: each is redacted as the column of accounts that it is of."""
        field, result = batch.column("field"), batch.column("value")
        for name in pc.unique(field).to_pylist():
            mine = pc.equal(field, name)
            if name == "name":
                own = self.named[_ACCOUNT].of(batch.column("account_id"))
            else:
                own = self.values("accounts", name, pc.if_else(mine, batch.column("value"), None))
            result = pc.if_else(pc.and_(mine, result.is_valid()), own, result)
        return result

    def values(self, table: str, name: str, values: Any) -> Any:
        """Values of a column of the contract."""
        if (table, name) == ("decisions", "decided_by"):
            return self.shown[_PERSON].of(self.as_ids(values))
        if name in _IDS:
            return self.shown[_IDS[name]].of(values)
        if (table, name) in _FREE:
            stays = _among(values, LOTS if name == "reason" else ())
            return pc.if_else(pc.and_not(values.is_valid(), stays), OMITTED, values)
        if (table, name) == ("orders", "source"):
            return self.each(values, self.file)
        own = next((column for column in CONTRACT[table] if column.name == name), None)
        if name in _PLAIN or (own is not None and own.type != "text"):
            return values
        texts = self.texts(
            values, name not in _OURS, PROSE if name in _SAID else None, self.number if name.endswith("_id") else None
        )
        stays = pc.is_in(values, value_set=pa.array(own.levels if own else (), pa.string()))
        stays = pc.or_(stays, _among(values, MEANT[name])) if name in MEANT else stays
        return pc.if_else(stays, values, texts)

    def texts(
        self, values: Any, parts: bool, most: int | None = None, change: Callable[[str], str] | None = None
    ) -> Any:
        """The texts, with a code for each that holds a name (or a part of one), or has more than `most` letters."""
        every = pc.unique(values)
        named = pa.array(self.mentions.within(every, parts))
        if most is not None:
            named = pc.or_(named, pc.fill_null(pc.greater(pc.utf8_length(every), most), False))
        named = every.filter(named)
        return (
            pc.coalesce(Ids(named, self.each(named, change or self.text)).of(values), values) if len(named) else values
        )

    def each(self, values: Any, change: Callable[[str], str]) -> Any:
        """The texts, each different one changed."""
        every = pc.unique(values).drop_null()
        return Ids(every, pa.array([change(text) for text in every.to_pylist()], pa.string())).of(values)

    def text(self, text: str) -> str:
        """The code of a text that holds a name; capitals and blanks make no difference."""
        return code(self.key, _TEXT, " ".join(text.lower().split()))

    def number(self, text: str) -> str:
        """The code of a row's number that holds a name: another one for each number."""
        return code(self.key, _TEXT, text, _KEY_LETTERS)

    def file(self, name: str) -> str:
        """What a file is called: they may bear names too, but for those of the contract."""
        if PurePosixPath(name).stem in (*CONTRACT, "book"):
            return name
        return code(self.key, _FILE, name) + PurePosixPath(name).suffix

    def check(self, check: CheckResult) -> CheckResult:
        """What the check says without what it quotes."""
        notes = pa.array(check.notes, pa.string())
        return replace(
            check,
            book=self.texts(pa.array([check.book]), False)[0].as_py(),
            fired=tuple(replace(one, examples="") for one in check.fired),
            notes=tuple(
                note for note, named in zip(check.notes, self.mentions.within(notes, True), strict=True) if not named
            ),
            inputs={self.file(name): digest for name, digest in check.inputs.items()},
            questionnaire=Questionnaire(
                **{one.name: self.asked(getattr(check.questionnaire, one.name)) for one in fields(Questionnaire)}
            ),
            redaction=mark(self.key),
            hidden_ids=self.hidden,
        )

    def asked(self, part: Any) -> Any:
        """A part of the questionnaire, its items redacted as in the answers."""
        if isinstance(part, str):
            return self.texts(pa.array([part]), False)[0].as_py()
        if isinstance(part, tuple):
            return tuple(self.asked(one) for one in part)
        return {self.asked(name): self.asked(one) for name, one in part.items()}


def _among(values: Any, those: Iterable[str]) -> Any:
    """True for each text that is one of those, whatever its capitals, blanks and hyphens."""
    plain = pc.utf8_trim_whitespace(pc.replace_substring_regex(pc.utf8_lower(values), r"[\s_-]+", " "))
    return pc.is_in(plain, value_set=pa.array(sorted(those), pa.string()))


def _namelike(ids: pa.Array) -> list[Words]:
    return [name for one in spellings(ids.filter(pc.match_substring_regex(ids, _LETTERS))) for name in one]


def _chunks(values: Any) -> list[Any]:
    return values.chunks if isinstance(values, pa.ChunkedArray) else [values]


def _distinct(chunks: list[Any]) -> pa.Array:
    every = pc.unique(pa.chunked_array(chunks, pa.string())).drop_null()
    return every.take(pc.sort_indices(every))
