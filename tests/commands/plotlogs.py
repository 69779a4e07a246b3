"""Logs for tests: what a plotter's own sample prints, and such logs as the journal keeps them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from reconciler import journal
from reconciler.journal import Record
from reconciler.plotters import Plotter, Plotters
from reconciler.state import Instant

SINCE = 1_767_323_045.0  # 2026-01-02 03:04:05 UTC


@cache
def plotters() -> Plotters:
    """The packaged plotters."""
    return Plotters.load()


NAMES = sorted(plotters())


def plot_id(number: int) -> str:
    return f"{number:08x}" + "5a" * 28


def sample(plotter: Plotter, number: int = 1, *, lines: int | None = None) -> str:
    """The log of one whole plot, or only its first lines."""
    told = {
        "plot_id": plot_id(number),
        "k": 32,
        "tmp": "/mnt/tmp/00",
        "tmp2": "/mnt/tmp2/00",
        "dst": "/mnt/dst/00",
        "date": "2026-01-02-03-04",
        "name": f"plot-k32-2026-01-02-03-04-{plot_id(number)}.plot",
    }
    return "".join(f"{line.render(**told)}\n" for line in plotter.sample()[:lines])


def write_journal(
    logs: Path, number: int, text: str, *, settled: str | None = None, plotter: str = "chia"
) -> str:
    """Write a job's log as the journal has it, in the top folder or, settled, in its month; the job's id."""
    job_id = f"{number:012x}"
    body: dict[str, journal.Scalar] = {
        "plotter": plotter,
        "k": 32,
        "tmp": "/mnt/tmp/00",
        "tmp2": None,
        "dst": "/mnt/dst/00",
    }
    when = Instant(SINCE + number, 1000.0 + number, "boot")
    record = Record(id=job_id, kind="plot", host="plotter1", when=when, body=body)
    name = journal.log_name(when.at, job_id, "plot")
    path = logs / name
    if settled is not None:
        path = logs / "2026-01" / name.replace(".log", f".{settled}.log")
        path.parent.mkdir(exist_ok=True)
    path.write_bytes(record.line() + b"\n" + text.encode())
    return job_id
