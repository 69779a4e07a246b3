"""One look as Prometheus reads it: gauges in base units.

No label grows without bound: plots and jobs have no names here, only counts. The original's ``plotman_plot_*``
series (`plotman prometheus` of 0.5.3) are one a running job, told apart by its rank by age instead of an id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from math import isfinite
from typing import TypeVar, get_args

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric

from reconciler import actions
from reconciler.facts import Facts
from reconciler.farmer import Disk
from reconciler.noun import noun
from reconciler.plan import Plan
from reconciler.state import Fact, Health, Ident, Known, Space, Unknown
from reconciler.views import farms, source_metrics, status, transfers
from reconciler.views.gauges import Families, gauge
from reconciler.world import Usage

L = TypeVar("L", bound=tuple[str, ...])
STATES = (*get_args(Health), "ignored")
PHASES = ("1", "2", "3", "4", "5", "unknown")


@noun(kw_only=True)
class Look:
    """What one page tells.

    usage: of those processes that could be asked. writers: for each kind of work, whether someone does it.
    """

    version: str
    facts: Facts
    plan: Plan
    usage: Mapping[Ident, Usage]
    writers: Mapping[str, bool]


def text(look: Look) -> str:
    """A page, in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Families(lambda: families(look)))
    return generate_latest(registry).decode()


def families(look: Look) -> Iterator[Metric]:
    """All that one look tells."""
    yield gauge("plotman_build_info", "The version that runs; always 1.", ("version",), {(look.version,): 1})
    yield from _reconciler(look)
    if look.facts.seen.source is not None:
        yield from source_metrics.families(look.facts.seen.source)
    yield from _jobs(look.facts)
    yield from _directories(look.facts)
    yield from _plots(look.facts)
    yield from _farmers(look.facts)
    yield from _original(look)


def _reconciler(look: Look) -> Iterator[Metric]:
    facts, plan, seen = look.facts, look.plan, look.facts.seen
    yield gauge(
        "plotman_observation_timestamp_seconds", "Wall clock of the newest look.", (), {(): facts.now.at}
    )
    sources: Mapping[str, Fact[object]] = {
        "processes": seen.jobs,
        "journal": seen.starts,
        "transfers": seen.transfers,
        "overrides": seen.overrides,
    }
    yield gauge(
        "plotman_observation_unknown",
        "1 while this source does not tell; nothing is done on its account.",
        ("source",),
        {(name,): isinstance(fact, Unknown) for name, fact in sources.items()},
    )
    planned = plan.summary()
    yield gauge(
        "plotman_actions_planned",
        "Actions that the newest plan asks for.",
        ("kind",),
        {(kind,): planned.get(kind, 0) for kind in actions.ORDER},
    )
    holds: Counter[tuple[str, ...]] = Counter()
    for hold in plan.holds:
        holds[hold.kind, hold.rule] += hold.count
    yield gauge(
        "plotman_holds", "Actions that wait, by the rule that holds them back.", ("kind", "rule"), holds
    )
    yield gauge(
        "plotman_conditions",
        "Things that a person should know of, by type.",
        ("type",),
        Counter((condition.type,) for condition in plan.conditions),
    )
    asked = {"archiving": bool(facts.spec.archive), "plotting": facts.spec.plotting is not None}
    works = [work for work in look.writers if asked[work]]
    yield gauge(
        "plotman_paused",
        "1 while a person has paused this kind of work, which the spec asks for.",
        ("work",),
        {(work,): facts.pause(work) is not None for work in works},
    )
    yield gauge(
        "plotman_lock_held",
        "1 while a loop does this kind of work on this host, which the spec asks for.",
        ("work",),
        {(work,): look.writers[work] for work in works},
    )


def _jobs(facts: Facts) -> Iterator[Metric]:
    counted = {job.id for job in facts.jobs}
    states = Counter(job.health if job.id in counted else "ignored" for job in facts.all_jobs)
    yield gauge(
        "plotman_jobs",
        "Plot jobs, by how they do.",
        ("state",),
        {(state,): states[state] for state in STATES},
    )
    phases = Counter(
        str(job.phase.value.major) if isinstance(job.phase, Known) else "unknown" for job in facts.all_jobs
    )
    yield gauge(
        "plotman_jobs_in_phase",
        "Plot jobs, by major phase; 5 is the copy to dst.",
        ("phase",),
        {(phase,): phases[phase] for phase in PHASES},
    )
    most = facts.spec.scheduling.max_jobs
    yield gauge(
        "plotman_jobs_limit",
        "scheduling.max_jobs, where the spec sets it.",
        (),
        {(): most} if isinstance(most, int) else {},
    )


def _directories(facts: Facts) -> Iterator[Metric]:
    named = facts.spec.directories
    roles = {
        "tmp": [directory.path for directory in named.tmp],
        "tmp2": [directory.path for directory in named.tmp2],
        "dst": [directory.path for directory in named.dst],
        "logs": [named.logs.path],
    }
    places = [(path, role) for role, paths in roles.items() for path in paths]
    known: dict[tuple[str, ...], Space] = {}
    for path, role in places:
        directory = facts.directory(path)
        if directory is not None and isinstance(directory.space, Known):
            known[path, role] = directory.space.value
    labels = ("dir", "role")
    yield gauge(
        "plotman_dir_up",
        "1 while the directory answers and can be written.",
        labels,
        {place: place in known and known[place].writable for place in places},
    )
    yield gauge(
        "plotman_dir_free_bytes",
        "Room left on the directory's device.",
        labels,
        {place: space.free for place, space in known.items()},
    )
    yield gauge(
        "plotman_dir_total_bytes",
        "Size of the directory's device.",
        labels,
        {place: space.total for place, space in known.items()},
    )
    yield gauge(
        "plotman_dir_promised_bytes",
        "What jobs and transfers under way may still take on the directory's device, at most.",
        labels,
        {place: facts.promised.get(space.device, 0) for place, space in known.items()},
    )


def _plots(facts: Facts) -> Iterator[Metric]:
    waiting = {}
    for each in facts.spec.directories.landing:
        directory = facts.directory(each.path)
        if directory is not None and isinstance(directory.plots, Known):
            ready = [plot for plot in directory.plots.value if plot.state == "ready"]
            waiting[each.path,] = len(ready)
    yield gauge(
        "plotman_plots_waiting",
        "Whole plots in a directory of this host; where the spec names farmers, those to archive.",
        ("dir",),
        waiting,
    )


def _farmers(facts: Facts) -> Iterator[Metric]:
    farmers = sorted(facts.seen.farmers)
    moving = list(facts.moving.values())
    by_farmer = {name: [each for each in moving if each.farmer == name] for name in farmers}
    labels: tuple[str, ...] = ("farmer",)
    yield gauge(
        "plotman_farmer_up",
        "1 while the farmer answers.",
        labels,
        {(name,): isinstance(facts.seen.farmers[name].disks, Known) for name in farmers},
    )
    ages = {
        name: facts.age(asked) for name in farmers if (asked := facts.seen.farmers[name].asked) is not None
    }
    yield gauge(
        "plotman_farmer_answer_age_seconds",
        "Age of the farmer's last answer; left out where it has none, or is this machine.",
        labels,
        {(name,): age for name, age in ages.items() if isfinite(age)},
    )
    yield gauge(
        "plotman_transfers",
        "Transfers under way.",
        labels,
        {(name,): len(under_way) for name, under_way in by_farmer.items()},
    )
    yield gauge(
        "plotman_transfers_size_bytes",
        "Size of the plots under way.",
        labels,
        {(name,): sum(each.bytes for each in under_way) for name, under_way in by_farmer.items()},
    )
    yield gauge(
        "plotman_transfers_done_bytes",
        "How much of them stands at the farmer.",
        labels,
        {(name,): sum(each.done for each in under_way) for name, under_way in by_farmer.items()},
    )
    stuck = Counter(row.farmer for row in transfers.rows(facts) if row.stuck_seconds is not None)
    yield gauge(
        "plotman_transfers_stuck",
        "Transfers under way that have been silent for over 5 minutes.",
        labels,
        {(name,): stuck[name] for name in farmers},
    )
    labels = ("farmer", "disk")
    spaces = {
        place: disk.space.value
        for place, disk in facts.disks.items()
        if isinstance(disk.space, Known) and not disk.boundless
    }
    yield gauge(
        "plotman_farmer_disk_up",
        "1 while the disk answers and can be written.",
        labels,
        {place: disk.boundless or _writable(disk) for place, disk in facts.disks.items()},
    )
    coming = {place: farms.Coming.to(facts, place, disk) for place, disk in facts.disks.items()}
    yield gauge(
        "plotman_farmer_disk_coming_plots",
        "Plots on their way to the disk, also those of other hosts.",
        labels,
        {place: each.count for place, each in coming.items()},
    )
    yield gauge(
        "plotman_farmer_disk_coming_bytes",
        "What they still lack.",
        labels,
        {place: each.bytes for place, each in coming.items()},
    )
    setbacks = {place: facts.traffic.setbacks.get(place) for place in facts.disks}
    yield gauge(
        "plotman_farmer_disk_failures",
        "Transfers to the disk that failed in a row.",
        labels,
        {place: each.count if each is not None else 0 for place, each in setbacks.items()},
    )
    yield gauge(
        "plotman_farmer_disk_quarantined",
        "1 while the disk is left alone after too many failures.",
        labels,
        {place: each is not None and each.rest > 0 for place, each in setbacks.items()},
    )
    yield gauge(
        "plotman_farmer_disk_free_bytes",
        "Room left on the disk.",
        labels,
        {place: space.free for place, space in spaces.items()},
    )
    yield gauge(
        "plotman_farmer_disk_total_bytes",
        "Size of the disk.",
        labels,
        {place: space.total for place, space in spaces.items()},
    )
    yield gauge(
        "plotman_farmer_disk_plots",
        "Plots that stand there.",
        labels,
        {place: facts.disks[place].count for place in spaces},
    )


def _writable(disk: Disk) -> bool:
    return isinstance(disk.space, Known) and disk.space.value.writable


def _original(look: Look) -> Iterator[Metric]:
    """The names of the original; left out where something is not known, or not looked for."""
    rows: dict[tuple[str, ...], status.Row] = {
        (str(rank), row.tmp or "?", row.dst or "?", row.state, row.phase or "?:?"): row
        for rank, row in enumerate(reversed(status.rows(look.facts, look.usage)), start=1)
    }

    def of_jobs(name: str, about: str, value: Callable[[status.Row], float | None]) -> Metric:
        told = {labels: found for labels, row in rows.items() if (found := value(row)) is not None}
        return gauge(name, about, ("rank", "tmp_dir", "dst_dir", "run_status", "phase"), told)

    def phase(row: status.Row, part: int) -> int | None:
        return None if row.phase is None else int(row.phase.split(":")[part])

    yield of_jobs(
        "plotman_plot_phase_major",
        "The major phase of a job; rank 1 is the oldest.",
        lambda row: phase(row, 0),
    )
    yield of_jobs("plotman_plot_phase_minor", "The step within the phase.", lambda row: phase(row, 1))
    yield of_jobs(
        "plotman_plot_phase_major_minor",
        "Both as one number: 2.3 for 2:3; steps from the ninth on count as .9, below the next phase.",
        lambda row: _both(row.phase),
    )
    yield of_jobs(
        "plotman_plot_tmp_usage",
        "Bytes of a job's temporary files; only where they were looked for (`plotman prometheus`).",
        lambda row: row.tmp_bytes,
    )
    yield of_jobs("plotman_plot_mem_usage", "Bytes of memory that a job takes.", lambda row: row.memory_bytes)
    yield of_jobs("plotman_plot_user_time", "Seconds of CPU in user mode.", lambda row: row.user_seconds)
    yield of_jobs("plotman_plot_sys_time", "Seconds of CPU in the kernel.", lambda row: row.sys_seconds)
    yield of_jobs("plotman_plot_iowait_time", "Seconds of waiting for disks.", lambda row: row.io_seconds)


def _both(phase: str | None) -> float | None:
    """``2:3`` as 2.3."""
    if phase is None:
        return None
    major, minor = map(int, phase.split(":"))
    return (10 * major + min(minor, 9)) / 10
