"""A report is published whole or not at all.

A pack is built in `<out>/.packs/<quarter>-<n>`, locked by the process that builds it. Publishing
makes `<out>/<quarter>` a symbolic link to it by one `os.replace`: a reader finds the old report or
the new one at every moment. Where links are not allowed the pack itself is renamed into place; a
process killed between the two renames leaves the old report in `.packs/previous-<quarter>`, and the
next start puts it back.

A killed run leaves an unlocked folder in `.packs`; the next start removes it. Everything that
changes `.packs` holds the lock `.packs/lock` for that time, so that two runs never meet.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crm_analysis.errors import ReportError
from crm_analysis.report.lock import Lock

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKS = ".packs"
MARK = ".crm_analysis-pack"  # in every pack: this folder is ours to replace
QUARTER = re.compile(r"\d{4}Q[1-4]\Z")
PACK = re.compile(r"(\d{4}Q[1-4])-(\d+)\Z")
PREVIOUS = "previous-"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pack:
    """A pack being built: its quarter, its folder, whether links may be used, and its lock."""

    quarter: str
    folder: Path
    links: bool
    lock: Lock

    @property
    def packs(self) -> Path:
        """The folder of all packs."""
        return self.folder.parent

    @property
    def place(self) -> Path:
        """Where readers find the report."""
        return self.packs.parent / self.quarter


def new_pack(out: Path, quarter: str) -> Pack:
    """Mend what killed runs left in out, then make and lock an empty pack for the quarter.

    Raises ReportError for a quarter not written like 2026Q3, and if `<out>/<quarter>` exists and
    was not made by this program. Says by the log if links are not allowed here.
    """
    if not QUARTER.match(quarter):
        raise ReportError(f"a quarter is written like 2026Q3; found {quarter!r}")
    out = Path(os.path.abspath(out))
    packs = out / PACKS
    try:
        packs.mkdir(parents=True, exist_ok=True)
        with Lock(packs / "lock"):
            for _ in repair(packs):
                pass
            _refuse_foreign(out / quarter, packs)
            name, lock = _made(packs, quarter)
            links = _links_allowed(packs, name)
    except OSError as error:
        raise ReportError(f"{out}: a report cannot be made here ({error.strerror})") from error
    if not links:
        log.warning(
            "%s: symbolic links are not allowed here, so the report is replaced by renaming folders; "
            "a run killed between two renames is mended at the next start",
            out,
        )
    return Pack(quarter, packs / name, links, lock)


def publish(pack: Pack) -> Path:
    """Put the pack in the place of the quarter's report; returns that place.

    Raises ReportError if the system refuses (a file open in another program on Windows): the old
    report is then in its place.
    """
    try:
        for _ in publication(pack):
            pass
    except OSError as error:
        with Lock(pack.packs / "lock"):
            for _ in repair(pack.packs):
                pass
        if not _is_at(pack):
            raise ReportError(
                f"{pack.place} cannot be replaced ({error.strerror}); close its files in other programs"
            ) from error
        log.warning("%s: what the old report left could not be removed (%s)", pack.packs, error)
    return pack.place


def discard(pack: Pack) -> None:
    """Remove a pack that will not be published; nothing happens to one that was."""
    with Lock(pack.packs / "lock"):
        pack.lock.release()
        if pack.folder.name not in _linked(pack.packs):
            _remove(pack.folder)
        _remove(pack.packs / f"{pack.folder.name}.lock")


def publication(pack: Pack) -> Iterator[str]:
    """The steps of publishing, each named before it is taken, so that tests can stop before any."""
    packs, place, name = pack.packs, pack.place, pack.folder.name
    previous = packs / f"{PREVIOUS}{pack.quarter}"
    yield "write the pack to the disk"
    _sync(pack.folder)
    with Lock(packs / "lock"):
        _refuse_foreign(place, packs)
        new = pack.folder
        if pack.links:
            yield "make a link"
            new = packs / f"{name}.link"
            new.symlink_to(f"{PACKS}/{name}", target_is_directory=True)
        if os.path.lexists(place) and not (pack.links and place.is_symlink()):
            yield "move the old report aside"
            os.replace(place, previous)
        yield "put the new report in its place"
        os.replace(new, place)
        yield "write the place to the disk"
        _sync_folder(packs.parent)
        yield "remove the old report"
        _remove(previous)
        yield "give the lock back"
        pack.lock.release()
        yield "remove what is left"
        yield from repair(packs)
    yield "done"


def repair(packs: Path) -> Iterator[str]:
    """Put back a report whose replacement was cut short; remove what no living process builds.

    Names each step before it is taken. Touches only names this program makes.
    """
    for previous in sorted(packs.glob(f"{PREVIOUS}*Q?")):
        place = packs.parent / previous.name.removeprefix(PREVIOUS)
        if place.exists():
            yield f"remove {previous.name}"
            _remove(previous)
        else:
            yield f"put {previous.name} back"
            os.replace(previous, place)
    linked = _linked(packs)
    for name in sorted({e.name.partition(".")[0] for e in packs.iterdir() if e.name != "lock"}):
        lock = Lock(packs / f"{name}.lock")
        if not PACK.match(name) or not lock.acquire():
            continue
        if name not in linked:
            yield f"remove the pack {name}"
            _remove(packs / name)
        yield f"remove the link and the lock of {name}"
        _remove(packs / f"{name}.link")
        lock.release()
        _remove(lock.path)


def _made(packs: Path, quarter: str) -> tuple[str, Lock]:
    """A new, locked folder with the next free number; call it under the lock of all packs."""
    known = [entry.name.partition(".")[0] for entry in packs.iterdir()]
    mark = packs.parent / quarter / MARK
    if mark.is_file():  # without links, the report that readers see has left the folder of packs
        known.append(mark.read_text(encoding="ascii").strip())
    found = map(PACK.match, known)
    taken = [int(match[2]) for match in found if match and match[1] == quarter]
    name = f"{quarter}-{max(taken, default=0) + 1}"
    lock = Lock(packs / f"{name}.lock")
    lock.acquire()
    (packs / name).mkdir()
    (packs / name / MARK).write_text(name + "\n", encoding="ascii")
    return name, lock


def _linked(packs: Path) -> set[str]:
    """Names of the packs that readers see through a link."""
    links = [entry for entry in packs.parent.iterdir() if entry.is_symlink()]
    return {Path(os.readlink(e)).name for e in links if Path(os.readlink(e)).parent.name == PACKS}


def _is_at(pack: Pack) -> bool:
    mark = pack.place / MARK
    return mark.is_file() and mark.read_text(encoding="ascii").strip() == pack.folder.name


def _refuse_foreign(place: Path, packs: Path) -> None:
    if not os.path.lexists(place):
        return
    linked = place.is_symlink() and (place.parent / os.readlink(place)).parent == packs
    if not linked and (place.is_symlink() or not (place / MARK).is_file()):
        raise ReportError(f"{place} exists and was not made by crm-analysis; move it away or choose another folder")


def _links_allowed(packs: Path, name: str) -> bool:
    trial = packs / f"{name}.link"
    try:
        trial.symlink_to(name, target_is_directory=True)
    except (OSError, NotImplementedError):
        return False
    trial.unlink()
    return True


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


def _sync(folder: Path) -> None:
    for root, _, names in os.walk(folder):
        for name in names:
            with (Path(root) / name).open("rb+") as file:
                os.fsync(file.fileno())
        _sync_folder(Path(root))


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        file = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)
