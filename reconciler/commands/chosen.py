"""Which jobs a person means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconciler.errors import UsageError
from reconciler.state import Job, Known
from reconciler.views import words


def chosen(jobs: Sequence[Job], asked: Iterable[str]) -> tuple[Job, ...]:
    """The jobs named by unique prefixes of plot or job ids, by `pid:N`, or by `all`; each once, in order.

    Raises UsageError for a name that fits no job, or several: it lists them.
    """
    found: dict[str, Job] = {}
    for name in asked:
        for job in jobs if name == "all" else (_one(jobs, name),):
            found[job.id] = job
    return tuple(found.values())


def fitting(jobs: Iterable[Job], name: str) -> tuple[Job, ...]:
    """All jobs that one name may mean."""
    return tuple(job for job in jobs if _fits(job, name))


def _one(jobs: Sequence[Job], name: str) -> Job:
    fits = fitting(jobs, name)
    if len(fits) == 1:
        return fits[0]
    if not fits:
        raise UsageError(f"no job is called {words.clean(name)}; `plotman status` lists them")
    listed = "\n".join(f"  {_full(job)}" for job in fits)
    raise UsageError(f"{words.clean(name)} may mean {len(fits)} jobs; write more of the id:\n{listed}")


def _fits(job: Job, name: str) -> bool:
    if name.startswith("pid:"):
        return job.ident is not None and str(job.ident.pid) == name.removeprefix("pid:")
    ids = [job.id, *([job.plot_id.value] if isinstance(job.plot_id, Known) else [])]
    return bool(name) and any(each.startswith(name.lower()) for each in ids)


def _full(job: Job) -> str:
    plot_id = job.plot_id.value if isinstance(job.plot_id, Known) else "plot id not known yet"
    pid = f"  pid {job.ident.pid}" if job.ident is not None else ""
    return f"{job.id}  {plot_id}{pid}"
