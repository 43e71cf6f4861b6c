"""Notebooks run side by side, each in a kernel of its own, all of them stopped if one fails.

The kernels use the interpreter that runs this program, whatever kernels are installed, and share
the machine: memory and threads are divided by the number of notebooks run at once.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import tempfile
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_analysis import errors
from crm_analysis.errors import ReportError
from crm_analysis.labels.language import VARIABLE, language
from crm_analysis.progress import VARIABLE as PROGRESS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from jupyter_client.manager import AsyncKernelManager
    from nbformat import NotebookNode

LIBRARIES = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM", "ARROW_DEFAULT")
START = 120  # seconds a kernel may take to answer on a busy machine
COLLECT = "--IPKernelApp.exec_lines=__import__('gc').set_threshold(20_000, 20, 20)"  # up to a tenth of a page's time
OURS = {n for n, c in vars(errors).items() if isinstance(c, type) and issubclass(c, errors.UserError)}


@dataclass(frozen=True)
class Job:
    """A notebook to run: its part of the pack, its cells, its folder, the values it is given."""

    part: str
    notebook: NotebookNode
    folder: Path
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Run:
    """A notebook that ran: with its outputs, and the seconds it took."""

    part: str
    notebook: NotebookNode
    seconds: float


@dataclass
class Kernels:
    """The kernels started so far, so that they can be stopped from outside their threads."""

    started: list[AsyncKernelManager] = field(default_factory=list)
    stopping: bool = False

    def stop(self) -> None:
        """Kill the processes of all kernels; no new notebook starts."""
        self.stopping = True
        for manager in self.started:
            process = getattr(manager.provisioner, "process", None)
            if process is not None and process.poll() is None:
                process.kill()


def run_notebooks(
    jobs: Sequence[Job],
    at_once: int,
    timeout: int | None = None,
    cell_done: Callable[[], None] = lambda: None,
) -> list[Run]:
    """Run the notebooks, `at_once` at a time; the results are in the order of the jobs.

    They speak the language spoken here. `timeout` limits each cell, in seconds. Raises ReportError with one
    sentence (notebook, heading, exception) for the first that fails; that and Ctrl-C stop all other kernels at once.
    """
    kernels = Kernels()
    environment = shares(at_once) | {VARIABLE: language().code, PROGRESS: "0"}
    with _quiet("papermill"), tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        pool = ThreadPoolExecutor(max_workers=at_once)
        futures: list[Future[Run]] = []
        try:
            for job in jobs:
                place = Path(scratch) / job.part
                place.mkdir()
                futures.append(pool.submit(_run, job, place, environment, timeout, cell_done, kernels))
            pending = set(futures)
            while pending:  # in short waits, so that Ctrl-C is heard on every system
                done, pending = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in (f for f in futures if f in done):
                    future.result()
        except BaseException:
            _stop(kernels, futures)
            raise
        finally:
            pool.shutdown(cancel_futures=True)
    return [future.result() for future in futures]


@contextlib.contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Nothing of that logger meanwhile: what it says of kernels that we stop, our error says better."""
    logger = logging.getLogger(name)
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def shares(at_once: int) -> dict[str, str]:
    """Environment variables that give a kernel its share of threads and memory (megabytes).

    CRM_ANALYSIS_THREADS and CRM_ANALYSIS_MEMORY of the caller are the whole to be divided; without
    them it is every processor, and 35 % of the memory of the machine or of its container: DuckDB
    keeps to its limit, and Python needs about as much again.
    Raises ReportError if one of them is not a whole number.
    """
    threads = max(1, (_whole("CRM_ANALYSIS_THREADS") or _processors()) // at_once)
    memory = max(256, (_whole("CRM_ANALYSIS_MEMORY") or _megabytes() * 7 // 20) // at_once)
    ours = {"CRM_ANALYSIS_THREADS": str(threads), "CRM_ANALYSIS_MEMORY": str(memory)}
    return ours | {f"{library}_NUM_THREADS": str(threads) for library in LIBRARIES}


def _run(
    job: Job,
    place: Path,
    environment: dict[str, str],
    timeout: int | None,
    cell_done: Callable[[], None],
    kernels: Kernels,
) -> Run:
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill import PapermillExecutionError, execute_notebook

    if kernels.stopping:
        raise ReportError(f"notebook {job.part} was not run")
    begun = time.perf_counter()
    try:
        done = execute_notebook(
            job.notebook,  # a node, not a path: papermill would read {} in a path as a template
            None,
            job.parameters,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            start_timeout=START,
            execution_timeout=timeout,
            kernel_manager_class=_kernel_class(place, environment, kernels),
            shutdown_kernel="immediate",
            resources={"metadata": {"path": str(job.folder)}},  # papermill's cwd moves all threads
            on_cell_executed=lambda **_: cell_done(),
        )
    except PapermillExecutionError as error:
        place_of = _heading(job.notebook, error.cell_index)
        raise ReportError(f"notebook {job.part}, {place_of}: {_said(error.ename, error.evalue)}") from None
    except CellTimeoutError:
        raise ReportError(f"notebook {job.part}: a cell took more than {timeout} seconds") from None
    except (DeadKernelError, RuntimeError) as error:
        raise ReportError(
            f"notebook {job.part}: its kernel died, perhaps for lack of memory; "
            f"try fewer jobs ({_said(type(error).__name__, str(error))})"
        ) from None
    unfinished = [c for c in done.cells if c.cell_type == "code" and c.source and not c.execution_count]
    if unfinished:  # papermill takes sys.exit() for success
        raise ReportError(f"notebook {job.part} stopped before its last cell")
    return Run(job.part, done, time.perf_counter() - begun)


def _kernel_class(place: Path, environment: dict[str, str], kernels: Kernels) -> type[AsyncKernelManager]:
    """A kernel manager for this interpreter, its files in place, known to `kernels`."""
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    spec = KernelSpec(
        argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=ERROR", COLLECT],
        display_name="Python 3",
        language="python",
        env={
            **environment,
            "IPYTHONDIR": str(place),  # no start-up files of the user
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "PYTHONHASHSEED": "0",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        },
    )

    class Kernel(AsyncKernelManager):
        kernel_spec = spec  # type: ignore[assignment]

        def __init__(self, **more: Any) -> None:
            super().__init__(**more)
            self.connection_file = str(place / "kernel.json")
            kernels.started.append(self)

    return Kernel


def _stop(kernels: Kernels, futures: Sequence[Future[Run]]) -> None:
    for future in futures:
        future.cancel()
    pending = set(futures)
    while pending:  # again, for a kernel that was just being started
        kernels.stop()
        _, pending = wait(pending, timeout=0.2)


def _heading(notebook: NotebookNode, before: int) -> str:
    """The last heading above a cell of the notebook, for an error message."""
    for cell in reversed(notebook.cells[:before]):
        if cell.cell_type == "markdown":
            for line in reversed(cell.source.splitlines()):
                if line.startswith("#"):
                    return f"under {line.lstrip('#').strip()!r}"
    return "before its first heading"


def _said(name: str, text: str) -> str:
    """An exception in one line: our own errors are sentences, others begin with their type."""
    line = " ".join(text.split())
    line = line if len(line) <= 500 else line[:499] + "…"
    return line if name in OURS and line else f"{name}: {line}".rstrip(": ")


def _whole(name: str) -> int:
    text = os.environ.get(name, "").strip()
    if text and not text.isdecimal():
        raise ReportError(f"the environment variable {name} must be a whole number; found {text!r}")
    return int(text or 0)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _megabytes() -> int:
    import psutil  # type: ignore[import-untyped]  # comes with ipykernel

    found = [psutil.virtual_memory().total]
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.exists() and (text := limit.read_text(encoding="ascii").strip()).isdigit():
        found.append(int(text))
    return min(found) // 2**20
