"""The data dictionary, as Markdown: `python -m crm_analysis.book.contract.dictionary`."""

from __future__ import annotations

from crm_analysis.book.contract import CONTRACT


def dictionary() -> str:
    """The data dictionary as Markdown, one section per table."""
    lines = [
        "# Data dictionary",
        "",
        "Made from `crm_analysis/book/contract` by `make dictionary`; change it there.",
        "",
        "A book is a folder with one CSV or Parquet file per table, named after the table; a `book.toml` "
        "maps files of other names and shapes. `accounts` and `orders` are enough to begin with. "
        "Money is exact decimal with four places in one reporting currency. Dates are days, without time zone.",
        "",
        "*Nature* says when a value was known. **fixed**: from the day in the table's *known at* column. "
        "**settles**: unknown before the date it settles with. **current**: overwritten by the source, so for any "
        "day before the extract it is taken from its dated history, or refused. A row whose *known at* date is "
        "empty counts as known from the day of the extract; an account without `known_since` from its first order.",
    ]
    for table in CONTRACT.values():
        key = ", ".join(f"`{name}`" for name in table.key) or "none"
        lines += [
            "",
            f"## {table.name}",
            "",
            f"{table.meaning[0].upper()}{table.meaning[1:]}. Known at `{table.known_at}`. Key: {key}. "
            f"Unlocks {table.unlocks}.",
            "",
            "| column | type | required | nature | meaning |",
            "|---|---|---|---|---|",
        ]
        for column in table:
            nature: str = column.nature
            if column.settles_with:
                nature += " with itself" if column.settles_with == column.name else f" with `{column.settles_with}`"
            meaning = column.meaning
            if column.levels:
                meaning += f" ({', '.join(column.levels)})"
            lines.append(
                f"| `{column.name}` | {column.type} | {'yes' if column.required else ''} | {nature} | {meaning} |"
            )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(dictionary(), end="")
