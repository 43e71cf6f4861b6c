"""Publishing: whatever moment a run is killed at, a whole report is readable and the next run mends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from crm_analysis.errors import ReportError
from crm_analysis.report import publish as publishing
from crm_analysis.report.lock import Lock
from crm_analysis.report.publish import MARK, discard, new_pack, publication, publish

Q = "2026Q3"

# Forks a child for each line of arguments, since to start Python anew takes ten times as long. The child builds a pack
# of two files and is killed before step number `at` of opening or publishing it; it prints the number of steps if it
# was not. Answered are the child's exit code, as of subprocess, and what it wrote.
FORKS = """
import json, os, signal, sys, traceback
from pathlib import Path
from crm_analysis.report import publish as p

def run(out, stage, at, links, text):
    if links == "no":
        def refused(*args, **kwargs):
            raise OSError("links are not allowed")
        Path.symlink_to = os.symlink = refused
    count = 0
    def step(_):
        nonlocal count
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1
    if stage == "opening":
        repair = p.repair
        p.repair = lambda packs: map(step, repair(packs))
        for name in ("_refuse_foreign", "_made", "_links_allowed"):
            def wrapped(*args, whole=getattr(p, name)):
                step(name)
                return whole(*args)
            setattr(p, name, wrapped)
    pack = p.new_pack(Path(out), "2026Q3")
    if stage == "opening":
        step("built")
        return count
    for name in ("index.html", "page.html"):
        (pack.folder / name).write_text(text)
    for name in p.publication(pack):
        step(name)
    return count

for line in sys.stdin:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            said, code = str(run(*json.loads(line))), 0
        except BaseException:
            said = traceback.format_exc()
        os.write(writing, said.encode())
        os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as told:
        said = told.read()
    print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said]), flush=True)
"""


class Done(NamedTuple):
    """How a child ended."""

    returncode: int
    said: str


Child = Callable[[Path, str, int, str, str], Done]


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    """Opens or publishes in a process of its own, that may be killed: out, stage, at, links, text."""
    with subprocess.Popen(
        [sys.executable, "-c", FORKS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as forks:
        assert forks.stdin is not None
        assert forks.stdout is not None
        asked, told = forks.stdin, forks.stdout

        def run(out: Path, *more: str | int) -> Done:
            asked.write(json.dumps([str(out), *more]) + "\n")
            asked.flush()
            return Done(*json.loads(told.readline()))

        yield run
        asked.close()


def make(out: Path, text: str) -> Path:
    pack = new_pack(out, Q)
    try:
        for name in ("index.html", "page.html"):
            (pack.folder / name).write_text(text)
        return publish(pack)
    finally:
        discard(pack)


def seen(out: Path) -> set[str]:
    """What readers find: one text if the report is whole."""
    return {(out / Q / name).read_text() for name in ("index.html", "page.html")}


def is_clean(out: Path) -> bool:
    """Nothing is left but the report, its pack and the lock."""
    linked = {Path(os.readlink(out / Q)).name} if (out / Q).is_symlink() else set()
    return {p.name for p in out.iterdir()} == {Q, ".packs"} and {
        p.name for p in (out / ".packs").iterdir()
    } == linked | {"lock"}


@pytest.fixture
def no_links(monkeypatch):
    monkeypatch.setattr(Path, "symlink_to", _no_link)


def test_a_report_is_published_through_one_relative_link(tmp_path):
    out = tmp_path / "reports"
    for text in ("first", "second", "third"):
        assert make(out, text) == out / Q
        assert seen(out) == {text}
        assert is_clean(out)
    assert not os.path.isabs(os.readlink(out / Q))


def test_without_links_folders_are_renamed_and_it_is_said(tmp_path, no_links, caplog):
    for text in ("first", "second"):
        make(tmp_path, text)
        assert seen(tmp_path) == {text}
        assert is_clean(tmp_path)
    assert "symbolic links are not allowed here" in caplog.text


def test_links_and_renames_can_follow_each_other(tmp_path, monkeypatch):
    make(tmp_path, "link")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "symlink_to", _no_link)
        make(tmp_path, "renames")
        assert seen(tmp_path) == {"renames"}
        assert is_clean(tmp_path)
    make(tmp_path, "link again")
    assert seen(tmp_path) == {"link again"}
    assert (tmp_path / Q).is_symlink()
    assert is_clean(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="kills with SIGKILL")
@pytest.mark.parametrize("links", ["yes", "no"])
@pytest.mark.parametrize("before", ["nothing", "link", "folder"])
@pytest.mark.parametrize("stage", ["opening", "publishing"])
def test_killed_before_any_step_a_whole_report_stays(tmp_path, monkeypatch, child, stage, before, links):
    at = 0
    while True:
        out = tmp_path / str(at)
        if before != "nothing":
            with monkeypatch.context() as patch:
                if before == "folder":
                    patch.setattr(Path, "symlink_to", _no_link)
                make(out, "old")
        if stage == "opening":  # what another killed run left is to be mended, too
            child(out, "publishing", 3, links, "lost")
        done = child(out, stage, at, links, "new")
        if done.returncode == 0:
            assert at == int(done.said) >= 5
            break
        assert done.returncode == -9, done.said
        if links == "yes" and before == "link":
            assert seen(out) in ({"old"}, {"new"}, {"lost"})  # at every moment
        new_pack(out, "2026Q4").lock.release()  # the next start, of whatever quarter, mends
        if before != "nothing" or (out / Q).exists():
            assert seen(out) in ({"old"}, {"new"}, {"lost"})
        make(out, "next")
        assert seen(out) == {"next"}
        assert is_clean(out)
        at += 1


def test_a_pack_that_a_living_run_builds_is_left_alone(tmp_path):
    building = new_pack(tmp_path, Q)
    (building.folder / "index.html").write_text("mine")
    make(tmp_path, "other")
    assert (building.folder / "index.html").read_text() == "mine"
    assert building.folder.name != Path(os.readlink(tmp_path / Q)).name
    discard(building)
    assert is_clean(tmp_path)


def test_a_discarded_pack_leaves_the_report_and_no_trace(tmp_path):
    make(tmp_path, "old")
    discard(new_pack(tmp_path, Q))
    assert seen(tmp_path) == {"old"}
    assert is_clean(tmp_path)


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_what_we_did_not_make_is_never_replaced(tmp_path, kind):
    place = tmp_path / Q
    if kind == "folder":
        place.mkdir()
        (place / "index.html").write_text("mine")
    elif kind == "file":
        place.write_text("mine")
    else:
        (tmp_path / "elsewhere").mkdir()
        place.symlink_to("elsewhere")
    with pytest.raises(ReportError, match="was not made by crm-analysis"):
        new_pack(tmp_path, Q)
    assert os.path.lexists(place)
    assert {p.name for p in (tmp_path / ".packs").iterdir()} == {"lock"}


def test_unknown_names_in_the_packs_folder_are_left_alone(tmp_path):
    (tmp_path / ".packs" / "notes").mkdir(parents=True)
    make(tmp_path, "x")
    assert (tmp_path / ".packs" / "notes").is_dir()


@pytest.mark.parametrize("quarter", ["2026Q5", "2026q3", "../x", "2026Q3/..", "", "2026Q3\n"])
def test_a_quarter_is_written_one_way(tmp_path, quarter):
    with pytest.raises(ReportError, match="a quarter is written like 2026Q3"):
        new_pack(tmp_path, quarter)


def test_a_place_where_no_folder_can_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportError, match="a report cannot be made here"):
        new_pack(tmp_path / "file", Q)


@pytest.mark.usefixtures("no_links")
def test_if_the_system_refuses_the_old_report_comes_back(tmp_path, monkeypatch):
    make(tmp_path, "old")
    pack = new_pack(tmp_path, Q)
    replace = os.replace
    monkeypatch.setattr(publishing.os, "replace", lambda a, b: _refuse() if Path(a) == pack.folder else replace(a, b))
    with pytest.raises(ReportError, match="close its files in other programs"):
        publish(pack)
    discard(pack)
    assert seen(tmp_path) == {"old"}
    assert is_clean(tmp_path)


def test_a_reader_never_misses_the_report(tmp_path):
    make(tmp_path, "0")
    stop, missed, reads = threading.Event(), [], [0]

    def read() -> None:
        while not stop.is_set():
            reads[0] += 1
            try:
                (tmp_path / Q / "index.html").read_text()
            except OSError as error:
                missed.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for text in map(str, range(30)):
        make(tmp_path, text)
    stop.set()
    reader.join()
    assert reads[0] > 100
    assert not missed


def test_steps_are_named_and_the_mark_tells_whose_folder_it_is(tmp_path):
    pack = new_pack(tmp_path, Q)
    assert list(publication(pack))[-1] == "done"
    assert (tmp_path / Q / MARK).read_text() == f"{pack.folder.name}\n"


def test_a_lock_excludes_within_a_process_and_is_given_back(tmp_path):
    first, second = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")
    assert first.acquire()
    assert first.acquire()
    assert not second.acquire()
    first.release()
    with second:
        assert not first.acquire()
    assert first.acquire()
    first.release()


def _no_link(*args: object, **kwargs: object) -> None:
    raise OSError("links are not allowed")


def _refuse() -> None:
    raise PermissionError(13, "in use")
