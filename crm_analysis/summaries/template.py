"""The pages that sales people fill in, written in the language spoken."""

from __future__ import annotations

from pathlib import Path

from crm_analysis.book.written import FIELDS
from crm_analysis.errors import UserError
from crm_analysis.labels import label
from crm_analysis.summaries.page import WHO, heading

NAMES = ("template.md", "template.yaml")


def write_templates(folder: Path, account: str, rep: str, day: str) -> list[Path]:
    """Write the templates that the folder lacks, their hints with these examples; returns those written.

    Raises UserError if the folder cannot be written to.
    """
    hints = {name: label(f"summary_hint_{name}", account=account, rep=rep, day=day) for name in (*WHO, *FIELDS)}
    head = [f"{heading(name)}:  # {hints[name]}" for name in WHO]
    markdown = ["---", *head, "---", ""]
    for name in FIELDS:
        markdown += [f"# {heading(name)}", "", f"<!-- {hints[name]} -->", ""]
    body = [line for name in FIELDS for line in (f"# {hints[name]}", f"{heading(name)}:", "")]
    texts = dict(zip(NAMES, (markdown, [*head, "", *body]), strict=True))
    written = []
    try:
        folder.mkdir(exist_ok=True)
        for name, lines in texts.items():
            if not (folder / name).exists():
                (folder / name).write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8", newline="\n")
                written.append(folder / name)
    except OSError as problem:
        raise UserError(f"{folder}: the templates cannot be written there: {problem.strerror or problem}.") from None
    return written
