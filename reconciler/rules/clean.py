"""Proposer: remove temporary files that no job owns, where the spec or a person says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf

from reconciler.facts import Facts
from reconciler.spec.units import show_duration
from reconciler.state import Job, Known, Temp, Unknown
from reconciler.want import Admitted, Sweep


def propose(facts: Facts, _admitted: Admitted) -> Iterator[Sweep]:
    """Files that a killed job left, at once; and files that nothing has changed for the spec's time.

    A job whose plot id is not known may own any file, and so keeps all of them where it may be: everywhere,
    if one of its directories is not known. Names that carry no plot id are only taken for orphans in the own
    folder of a job that is gone.
    """
    killed = _killed(facts)
    clean = facts.spec.clean
    for path in sorted(facts.seen.directories):
        temps = facts.seen.directories[path].temps
        for temp in sorted(temps.value if isinstance(temps, Known) else (), key=_order):
            owner = temp.job or temp.plot_id
            if owner is None or any(_may_own(job, temp) for job in facts.all_jobs):
                continue
            still = facts.wall_age(temp.newest)
            if owner in killed:
                yield Sweep(temp=temp, note=f"left by a job that {killed[owner]} had killed")
            # A file dated after now proves nothing about its age, and what is deleted is gone.
            elif clean is not None and clean.orphans_after <= still < inf:
                yield Sweep(temp=temp, note=f"no job owns them, unchanged for {show_duration(still)}")


def _order(temp: Temp) -> tuple[str, str]:
    return temp.directory, temp.plot_id or ""


def _killed(facts: Facts) -> Mapping[str, str]:
    """Who asked for the end of a job, by its id and by the plot id that it made."""
    by_job = {start.id: start.plot_id for start in facts.starts}
    wishes = [wish for wish in facts.overrides if wish.verb == "kill"]
    found = {wish.target: wish.who for wish in wishes}
    for wish in wishes:
        plot_id = wish.plot_id or by_job.get(wish.target)
        if plot_id is not None:
            found[plot_id] = wish.who
    return found


def _may_own(job: Job, temp: Temp) -> bool:
    if temp.job is not None:
        return job.id == temp.job
    if isinstance(job.plot_id, Known):
        return job.plot_id.value == temp.plot_id
    places = (job.tmp, job.tmp2, job.dst)
    return any(isinstance(place, Unknown) for place in places) or Known(temp.directory) in places
