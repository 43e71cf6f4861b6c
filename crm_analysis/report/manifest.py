"""What a report was made of: inputs, versions, parameters, files.

The manifest holds timings too, so it is the one file of a pack that differs between two runs over
the same inputs.
"""

from __future__ import annotations

import hashlib
import json
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import crm_analysis

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAME = "manifest.json"
PACKAGES = (
    "duckdb",
    "ibis-framework",
    "ipykernel",
    "jinja2",
    "lifelines",
    "matplotlib",
    "nbconvert",
    "numpy",
    "pandas",
    "papermill",
    "psycopg",
    "pyarrow",
    "pyspark",
    "python-calamine",
    "scikit-learn",
    "scipy",
    "seaborn",
    "statsmodels",
    "xlsxwriter",
)


def versions() -> dict[str, str]:
    """Versions of this program, of Python and of every installed package that decides a number."""
    found = {"crm_analysis": crm_analysis.__version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # an extra that is not installed
            continue
    return found


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files(folder: Path) -> dict[str, dict[str, Any]]:
    """Size (bytes) and SHA-256 of every file of a pack, by its path with slashes, in order."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": sha256(path)}
        for path in found
        if path.name != NAME and not path.name.startswith(".")
    }


def write_manifest(
    folder: Path,
    about: Mapping[str, Any],
    inputs: Mapping[str, str],
    parameters: Mapping[str, Mapping[str, Any]],
    seconds: Mapping[str, float],
    links: bool,
) -> None:
    """Write manifest.json into a finished pack; the last file to be written before publishing.

    `inputs` are SHA-256 sums by path, `parameters` and `seconds` are by part. `published_by` says
    whether the report is replaced by one link ("link") or by renaming folders ("renames").
    """
    content = {
        **about,
        "published_by": "link" if links else "renames",
        "versions": versions(),
        "inputs": dict(sorted(inputs.items())),
        "parameters": {part: dict(values) for part, values in parameters.items()},
        "seconds": {part: round(value, 2) for part, value in seconds.items()},
        "files": files(folder),
    }
    text = json.dumps(content, ensure_ascii=False, indent=2)
    (folder / NAME).write_text(text + "\n", encoding="utf-8")
