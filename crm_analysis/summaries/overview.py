"""Who has written and who has not, where something happened and nobody wrote, and how useful the summaries are."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from crm_analysis.book import engine
from crm_analysis.book.contract import CONTRACT
from crm_analysis.book.written import FIELDS, Summary
from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.reps import reps
from crm_analysis.summaries.useful import FORTNIGHT, Before, Judged, judged
from crm_analysis.summaries.words import Names, numbers

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book

YEAR = dt.timedelta(days=366)
"""So far back the contacts before a summary are looked for."""
_PRODUCTS = (("orders", "product"), ("orders", "family"), ("opportunities", "product"))
_COMPETITORS = (
    ("opportunities", "competitor"), ("exits", "competitor"), ("market_surveys", "main_competitor"),
    ("markets", "supplier"), ("surveys", "subject"),
)  # fmt: skip
_DOCUMENTS = (("orders", "order_id"), ("complaints", "complaint_id"), ("opportunities", "opportunity_id"))
_KEY = ["account_id", "rep_id", "written_on"]


@dataclass(frozen=True, eq=False)
class Overview:
    """The summaries of a book as known on `day`, those `added` now among them."""

    book: Book
    day: dt.date
    added: Sequence[Summary] = ()

    @cached_property
    def known(self) -> Book:
        """The book on the day."""
        return self.book.as_of(self.day)

    @property
    def days(self) -> tuple[dt.date, dt.date]:
        """The last day before the last fortnight, and before the one before that."""
        return self.day - dt.timedelta(days=FORTNIGHT), self.day - dt.timedelta(days=2 * FORTNIGHT)

    # --- what was written ---

    @cached_property
    def written(self) -> pd.DataFrame:
        """All summaries known, by account, day and person: the contract's columns, None where nothing is said."""
        import pandas as pd

        columns = list(CONTRACT["summaries"].names)
        rows = pd.DataFrame(columns=columns)
        if (whole := self.book.whole.get("summaries")) is not None:  # what we wrote is known after the extract too
            rows = whole.filter(whole.written_on <= self.day).execute()
        rows = rows.reindex(columns=columns).astype(object)
        if self.added:
            new = [[getattr(one, name) for name in columns] for one in self.added if one.written_on <= self.day]
            rows = pd.concat([rows, pd.DataFrame(new, columns=columns, dtype=object)])
        rows = rows.where(rows.notna(), other=None).assign(written_on=pd.to_datetime(rows["written_on"]))  # type: ignore[call-overload]
        rows = rows.drop_duplicates(_KEY)
        return rows.sort_values(["account_id", "written_on", "rep_id"], ignore_index=True)

    # --- who wrote ---

    @cached_property
    def owned(self) -> pd.DataFrame:
        """One row per account that has an owner on the day: account_id, rep_id, key (flag; None where not told).

        Raises BookError if the book does not tell who serves an account on that day.
        """
        accounts = self.known.need("accounts", "rep_id")
        told = ["account_id", "rep_id"] + (["key_account"] if self.known.has("accounts", "key_account") else [])
        rows = engine.frame(accounts.filter(accounts.rep_id.notnull()).select(*told))
        key = rows["key_account"].fillna(False).astype(bool) if "key_account" in rows else None
        return rows[["account_id", "rep_id"]].assign(key=key)

    @property
    def expects_key(self) -> bool:
        """Whether a summary is expected of each key account; otherwise of each sales person one of any account."""
        return bool(self.owned["key"].notna().any() and self.owned["key"].any())

    @cached_property
    def by_rep(self) -> pd.DataFrame:
        """One row per sales person of whom summaries are expected, or who wrote in the last two fortnights, by rep_id.

        Columns: rep_id, name, summary_accounts (owned), summary_expected (a fortnight), summary_last and summary_before
        (written in the last fortnight and the one before), summary_missing (of those expected, in the last one),
        summary_latest (day of the last; NaT), summary_days (days since). Raises BookError as `owned`.
        """
        import pandas as pd

        own, rows, (last, before) = self.owned, self.written, self.days
        counts = own.groupby("rep_id").size()
        due = own[own["key"].astype(bool)] if self.expects_key else own.drop_duplicates("rep_id")
        expected = due.groupby("rep_id").size()
        late = rows[rows["written_on"] > pd.Timestamp(last)]
        early = rows[(rows["written_on"] > pd.Timestamp(before)) & (rows["written_on"] <= pd.Timestamp(last))]
        if self.expects_key:
            missing = due[~due["account_id"].isin(late["account_id"])].groupby("rep_id").size()
        else:
            missing = due[~due["rep_id"].isin(late["rep_id"])].groupby("rep_id").size()
        ids = sorted({*expected.index, *late["rep_id"].dropna(), *early["rep_id"].dropna()})
        index = pd.Index(ids, name="rep_id", dtype=object)
        ended = rows.groupby("rep_id")["written_on"].max().reindex(index)
        table = pd.DataFrame(
            {
                "name": self._names.reindex(index),
                "summary_accounts": counts.reindex(index, fill_value=0),
                "summary_expected": expected.reindex(index, fill_value=0),
                "summary_last": late.groupby("rep_id").size().reindex(index, fill_value=0),
                "summary_before": early.groupby("rep_id").size().reindex(index, fill_value=0),
                "summary_missing": missing.reindex(index, fill_value=0),
                "summary_latest": ended,
                "summary_days": (pd.Timestamp(self.day) - ended).dt.days.astype("Int64"),
            },
            index=index,
        ).reset_index()
        return table.drop(columns=[] if table["name"].notna().any() else ["name"])

    @cached_property
    def _names(self) -> pd.Series:
        import pandas as pd

        try:
            people = reps(self.book, self.day)
        except BookError:
            return pd.Series(dtype=object)
        return people.set_index("rep_id")["name"]

    @cached_property
    def unheard(self) -> pd.DataFrame:
        """Accounts with contacts of the last two fortnights later than their last summary, key ones first, by contacts.

        Columns: account_id, rep_id (owner) and key_account where told, summary_contacts, last_contact, summary_latest
        (NaT for none). Raises BookError without contacts.
        """
        import pandas as pd

        table, (_, before) = self.known.need("interactions"), self.days
        contacts = engine.frame(table.filter(table.happened_on > before).select("account_id", "happened_on"))
        contacts["happened_on"] = pd.to_datetime(contacts["happened_on"])
        last = self.written.groupby("account_id")["written_on"].max().rename("summary_latest")
        contacts = contacts.join(last, on="account_id")
        silent = contacts[contacts["summary_latest"].isna() | (contacts["summary_latest"] < contacts["happened_on"])]
        found = silent.groupby("account_id").agg(
            summary_contacts=("happened_on", "size"),
            last_contact=("happened_on", "max"),
            summary_latest=("summary_latest", "first"),
        )
        found["key_account"] = None
        with contextlib.suppress(BookError):
            owned = self.owned.set_index("account_id").reindex(found.index)
            found = found.assign(rep_id=owned["rep_id"], key_account=owned["key"] if self.expects_key else None)
        found = found.reset_index()
        order = found.assign(first=found["key_account"].eq(True)).sort_values(
            ["first", "summary_contacts", "account_id"], ascending=[False, False, True]
        )
        shown = ["account_id", "rep_id", "key_account", "summary_contacts", "last_contact", "summary_latest"]
        return order[[name for name in shown if name in order]].dropna(axis=1, how="all").reset_index(drop=True)

    # --- how useful ---

    @cached_property
    def judged(self) -> tuple[Judged, ...]:
        """The summaries of the last two fortnights, and those added, by account and day."""
        import pandas as pd

        rows = self.written
        new = {(one.account_id, one.rep_id, one.written_on) for one in self.added}
        told = [_summary(row) for row in rows.itertuples(index=False)]
        of_late = rows["written_on"] > pd.Timestamp(self.days[1])
        asked = [
            at for at, one in enumerate(told) if of_late[at] or (one.account_id, one.rep_id, one.written_on) in new
        ]
        if not asked:
            return ()
        chosen = [told[at] for at in asked]
        contacts, documents, names = self._contacts(chosen), self._documents(chosen), self._products
        result = []
        for at, one in zip(asked, chosen, strict=True):
            earlier = told[at - 1] if at and told[at - 1].account_id == one.account_id else None
            since = (
                earlier.written_on if earlier and one.written_on - earlier.written_on < YEAR else one.written_on - YEAR
            )
            known = None if contacts is None else contacts.get(one.account_id, [])
            days = None if known is None else [day for day in known if since < day <= one.written_on]
            result.append(judged(one, names, Before(earlier, days, documents.get(one.account_id, frozenset()))))
        return tuple(result)

    @property
    def useful(self) -> pd.DataFrame:
        """One row per summary judged: account_id, rep_id, written_on, complete, timely (None: not asked), specific, ...

        ... summary_lacks (in words).
        """
        import pandas as pd

        columns = [*_KEY, "complete", "timely", "specific", "summary_lacks"]
        rows = [
            (*(getattr(one.summary, name) for name in _KEY), one.complete, one.timely, one.specific, one.why)
            for one in self.judged
        ]
        return pd.DataFrame(rows, columns=columns, dtype=object)

    @property
    def useful_by_rep(self) -> pd.DataFrame:
        """One row per sales person who wrote, by rep_id: rep_id, name, summaries, and how many hold, as "3 of 4".

        Columns: summaries_complete, summaries_timely (of those that could be late), summaries_specific.
        """
        import pandas as pd

        rows = []
        for rep, own in self.useful.groupby("rep_id"):
            counts = {
                f"summaries_{name}": label(
                    "summary_of", n=int(own[name].eq(True).sum()), all=int(own[name].notna().sum())
                )
                for name in ("complete", "timely", "specific")
            }
            rows.append({"rep_id": rep, "name": self._names.get(rep), "summaries": len(own)} | counts)
        columns = ["rep_id", "name", "summaries", "summaries_complete", "summaries_timely", "summaries_specific"]
        table = pd.DataFrame(rows, columns=columns)
        return table.drop(columns=[] if table["name"].notna().any() else ["name"])

    def _contacts(self, chosen: Sequence[Summary]) -> dict[str, list[dt.date]] | None:
        """The days of contact by account, earliest first; None where the book has no contacts."""
        if "interactions" not in self.book.whole:
            return None
        table = self.known.table("interactions")
        first = min(one.written_on for one in chosen) - YEAR
        rows = table.filter(table.account_id.isin(_accounts(chosen)) & (table.happened_on > first))
        frame = engine.frame(rows.select("account_id", day=rows.happened_on.cast("string")).distinct())
        found: dict[str, list[dt.date]] = {}
        for account, day in sorted(zip(frame["account_id"], frame["day"], strict=True)):
            found.setdefault(account, []).append(dt.date.fromisoformat(day[:10]))
        return found

    def _documents(self, chosen: Sequence[Summary]) -> dict[str, frozenset[str]]:
        """The numbers of orders, complaints and opportunities that an account's summaries name, in small letters."""
        mentioned = sorted({number for one in chosen for number in numbers(one.text)})
        found: dict[str, set[str]] = {}
        for name, key in _DOCUMENTS:
            if mentioned and self.known.has(name, key, "account_id"):
                table = self.known.table(name)
                rows = table.filter(table.account_id.isin(_accounts(chosen)) & table[key].lower().isin(mentioned))
                frame = engine.frame(rows.select("account_id", number=rows[key].lower()).distinct())
                for account, number in zip(frame["account_id"], frame["number"], strict=True):
                    found.setdefault(account, set()).add(number)
        return {account: frozenset(own) for account, own in found.items()}

    @property
    def _products(self) -> Names:
        products, competitors = self._values(_PRODUCTS), self._values(_COMPETITORS)
        return Names.of(products, set(competitors) - {"us"}, self._values([("contacts", "department")]))

    def _values(self, columns: Iterable[tuple[str, str]]) -> list[str]:
        """The values that these columns have in the book."""
        found: set[str] = set()
        for name, column in columns:
            if self.known.has(name, column):
                table = self.known.table(name)
                found.update(engine.frame(table.select(column).distinct())[column].dropna())
        return sorted(found)


def _accounts(chosen: Sequence[Summary]) -> list[str]:
    return sorted({one.account_id for one in chosen})


def _summary(row: object) -> Summary:
    texts = {name: getattr(row, name) or "" for name in (*FIELDS, "rep_id")}
    return Summary(account_id=getattr(row, "account_id"), written_on=getattr(row, "written_on").date(), **texts)  # noqa: B009
