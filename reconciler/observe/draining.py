"""What the spec names no more and is not empty yet: directories and farmers that are being drained."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from reconciler.observation import Condition
from reconciler.state import Directory, Job, Known, Start, Transfer, Unknown

if TYPE_CHECKING:
    from reconciler.spec.models import Spec


def left(spec: Spec, starts: Iterable[Start]) -> Mapping[str, Collection[str]]:
    """By directory that plots land in no more, the ids of the plots that jobs of the journal have landed there.

    Of no interest where the spec names no farmer: then plots stay where they are.
    """
    landing = {directory.path for directory in spec.directories.landing}
    found: dict[str, set[str]] = defaultdict(set)
    for start in starts if spec.archive else ():
        if (
            start.dst
            and start.dst not in landing
            and start.outcome == "finished"
            and start.plot_id is not None
        ):
            found[start.dst].add(start.plot_id)
    return found


def conditions(
    spec: Spec, jobs: Iterable[Job], directories: Mapping[str, Directory], transfers: Iterable[Transfer]
) -> Iterator[Condition]:
    """One for each directory and each farmer that is being drained, with what is left."""
    roles = spec.directories
    named = {d.path for d in roles.tmp} | {d.path for d in (*roles.tmp2, *roles.dst)} | {roles.logs.path}
    landing = {directory.path for directory in roles.landing}
    running = Counter(
        path
        for job in jobs
        if job.ours
        for path in {fact.value for fact in (job.tmp, job.tmp2, job.dst) if isinstance(fact, Known)}
    )
    for path, directory in sorted(directories.items()):
        told = [f"{_plural(running[path], 'job')} of ours"] if path not in named and running[path] else []
        if isinstance(directory.plots, Known) and path not in landing and directory.plots.value:
            told.append(f"{_plural(len(directory.plots.value), 'plot')} to be archived")
        if isinstance(directory.plots, Unknown) and path not in landing:
            told.append(f"perhaps plots: {directory.plots.why}")
        if told:
            why = "no plot lands there any more" if path in named else "the spec names it no more"
            yield Condition("Draining", path, f"{why}; left there: {', '.join(told)}")
    farmers = {archive.name for archive in spec.archive}
    moving = Counter(each.farmer for each in transfers if each.outcome == "running")
    for farmer in sorted(moving.keys() - farmers):
        under_way = _plural(moving[farmer], "transfer")
        yield Condition("Draining", farmer, f"the spec names it no more; under way: {under_way}")


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
