"""The locks, environment.yml and the wheel say what pyproject.toml says."""

import re
import runpy
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
GROUPS = PYPROJECT["dependency-groups"]
BUILD = GROUPS["build"] + PYPROJECT["build-system"]["requires"]
WANTED = {
    "uv.txt": GROUPS["uv"],
    "runtime.txt": PROJECT["dependencies"] + BUILD,
    "dev.txt": PROJECT["dependencies"] + EXTRAS["dev"] + BUILD,
    "spark.txt": PROJECT["dependencies"] + EXTRAS["spark"] + BUILD,
    "zh.txt": PROJECT["dependencies"] + EXTRAS["zh"] + BUILD,
}
# What was tried together, and the first version known to fail with the rest.
LIMITS = {
    "duckdb": ("1.5.6", "2.0.0"),
    "ibis-framework": ("12.0.0", "13.0.0"),
    "nbconvert": ("7.17.0", "8.0.0"),
    "nbval": ("0.11.0", "0.12.0"),
    "pandas": ("2.3.3", "3.0.0"),
    "papermill": ("2.7.0", "3.0.0"),
    "pyspark": ("4.3.0", "5.0.0"),
    "pytest": ("9.0.0", "10.0.0"),
    "scikit-learn": ("1.9.0", "2.0.0"),
    "sqlglot": ("29.0.1", "30.0.0"),
    "statsmodels": ("0.15.0", "0.16.0"),
}


def lock_text(lock: str) -> str:
    return (ROOT / "requirements" / lock).read_text(encoding="utf-8")


def entries(lock: str) -> list[str]:
    """Each locked package with its marker and hashes on one line."""
    lines = [line for line in lock_text(lock).splitlines() if not line.lstrip().startswith("#")]
    return "\n".join(lines).replace("\\\n", " ").splitlines()


def versions(lock: str) -> dict[str, str]:
    found = {}
    for entry in entries(lock):
        name, version = re.match(r"([A-Za-z0-9._-]+)==([^ ;]+)", entry).groups()
        assert name not in found, f"{lock} locks {name} twice"
        found[name] = version
    return found


def test_environment_yml_is_the_generated_one() -> None:
    environment = runpy.run_path(str(ROOT / "tools" / "environment.py"))["environment"]
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert text == environment(PYPROJECT), "environment.yml is not what pyproject.toml says: run `make lock`"


def test_environment_yml_installs_the_development_lock() -> None:
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    assert dependencies[0] == "python>=3.11,<3.14"
    assert dependencies[-1] == {"pip": ["--require-hashes", "--requirement requirements/dev.txt"]}


@pytest.mark.parametrize("lock", WANTED)
def test_lock_holds_what_pyproject_asks_for(lock: str) -> None:
    locked = versions(lock)
    for wanted in map(Requirement, WANTED[lock]):
        name = canonicalize_name(wanted.name)
        assert name in locked, f"{lock} lacks {wanted}: run `make lock`"
        assert wanted.specifier.contains(locked[name]), f"{lock} has {name} {locked[name]}, not {wanted}"


@pytest.mark.parametrize("lock", WANTED)
def test_lock_has_a_hash_for_every_package_and_no_address(lock: str) -> None:
    unhashed = [entry for entry in entries(lock) if "--hash=sha256:" not in entry]
    assert unhashed == []
    assert re.findall(r"\S*(?:://|index-url|find-links|trusted-host| @ )\S*", lock_text(lock)) == []


@pytest.mark.parametrize("lock", ["dev.txt", "spark.txt"])
def test_lock_keeps_the_runtime_versions(lock: str) -> None:
    runtime, wider = versions("runtime.txt"), versions(lock)
    assert {name: wider.get(name) for name in runtime} == runtime


def test_runtime_lock_serves_windows() -> None:
    markers = {entry.split("==")[0]: entry for entry in entries("runtime.txt") if ";" in entry}
    assert "win32" in markers["colorama"]
    assert "win32" in markers["pexpect"]


@pytest.mark.parametrize(("name", "tried", "fails"), [(name, *limits) for name, limits in LIMITS.items()])
def test_version_limits(name: str, tried: str, fails: str) -> None:
    asked = PROJECT["dependencies"] + [wanted for extra in EXTRAS.values() for wanted in extra]
    specifier = next(wanted.specifier for wanted in map(Requirement, asked) if wanted.name == name)
    assert specifier.contains(tried)
    assert not specifier.contains(fails)


def test_wheel_holds_the_package_and_the_notebooks(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "crm_analysis").rglob("*.py")}
    notebooks = {f"crm_analysis/_notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert modules | notebooks | {"crm_analysis/py.typed"} <= names
    assert not {name for name in names if name.startswith(("notebooks/", "tests/", "data/", "reports/"))}
