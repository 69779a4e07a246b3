"""Reserve before use: what every job may still take, device by device.

The form by peaks: a job is granted all that it can take at any later moment, so that whatever the others
do it can always finish (which contains the banker's rule). Jobs that stand still keep their claim.
Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import product
from operator import attrgetter
from typing import TYPE_CHECKING

from reconciler.errand import NOT_THERE
from reconciler.farmer import Part
from reconciler.state import Job, Known, Phase, Unknown
from reconciler.want import Admitted, Move, Place, Spawn

if TYPE_CHECKING:
    from reconciler.facts import Facts

_takes = attrgetter("plotter", "k", "phase", "options", "tmp", "tmp2", "dst", "touches")

Claims = Mapping[str, int]
Options = Mapping[str, str | int | float | bool]
Claimed = dict[str, tuple[Job, Claims]]
"""The claims of each job, by its id, with the job that they are of."""
Grounded = dict[object, tuple[Options, Claims]]
"""The same by all that claims depend on, but for the options, which stand beside them."""
Places = tuple[str, str | None, str | None]
"""A job's tmp, tmp2 and dst."""


def of_jobs(facts: Facts, claimed: Claimed, grounded: Grounded) -> Mapping[str, Claims]:
    """The claims of every job that counts, by its id. claimed, grounded: what was found before; what is gone goes."""
    for gone in claimed.keys() - {job.id for job in facts.jobs}:
        claimed.pop(gone, None)
    for job in facts.jobs:
        kept = claimed.get(job.id)
        if kept is None or (kept[0] is not job and _takes(kept[0]) != _takes(job)):
            claimed[job.id] = job, _of_grounds(facts, job, grounded)
    return {job.id: claimed[job.id][1] for job in facts.jobs}


def _of_grounds(facts: Facts, job: Job, grounded: Grounded) -> Claims:
    """Every job of one kind comes to where another was before it."""
    kind = job.plotter, job.k, job.phase, job.tmp, job.tmp2, job.dst, job.touches
    kept = grounded.get(kind)
    if kept is None or kept[0] != job.options:
        kept = grounded[kind] = job.options, of_job(facts, job)
    return kept[1]


def of_job(facts: Facts, job: Job) -> Claims:
    """Bytes that a job may still take on each device, at most, wherever it may be."""
    k = job.k.value if isinstance(job.k, Known) else _usual_k(facts)
    phase = job.phase.value if isinstance(job.phase, Known) else None
    unsure = (job.touches or ()) if isinstance(job.tmp2, Unknown) else ()
    tmp2s = (job.tmp2.value,) if isinstance(job.tmp2, Known) else (None, *unsure)
    cases = product(job.tmps, tmp2s, job.dsts or (None,))
    return _most(_of_one(facts, job.plotter, k, phase, job.options, places) for places in cases)


def of_spawn(facts: Facts, want: Spawn) -> Claims:
    """Bytes that a new job takes on each device, at its most."""
    options = facts.spec.plotting.options if facts.spec.plotting is not None else {}
    return _of_one(facts, want.plotter, want.k, None, options, (want.tmp, want.tmp2, want.dst))


def of_move(facts: Facts, want: Move) -> int:
    """Bytes that a new transfer takes on its disk beside what is promised there already."""
    if want.plot.name not in facts.traffic.met:
        return want.plot.bytes
    there = (*want.place, want.plot.name)
    part = facts.traffic.parts.get(there)
    if there in facts.traffic.stored or kept(facts, want):
        return 0
    if part is None:
        return want.plot.bytes
    return 0 if facts.traffic.may_go_on(want.place, want.plot.name) else of_part(part)


def kept(facts: Facts, want: Move) -> bool:
    """Has an earlier transfer of that plot left something there, which does not show yet?"""
    left = facts.traffic.unseen.get(want.place, {}).get(want.plot.name)
    return left is not None and left.kind not in NOT_THERE


def of_part(part: Part) -> int:
    """Bytes that a part still lacks."""
    return max(0, part.bytes - part.done)


def of_running(facts: Facts) -> Claims:
    """Bytes that transfers under way have still to write on each device, and those of other hosts.

    Also what has ended since its farmer was last asked: the room that it took does not show yet.
    """
    traffic, claims = facts.traffic, defaultdict[str, int](int)
    for place, disk in facts.disks.items():
        if disk.parts and isinstance(disk.space, Known):
            parts = (part for part in disk.parts if _grows(facts, place, part))
            claims[disk.space.value.device] += sum(map(of_part, parts))
    for place, transfers in traffic.unseen.items():
        device = facts.disk_device(*place)
        if device is not None:
            claims[device] += sum(transfer.bytes for transfer in transfers.values())
    return claims


def of_transfers(facts: Facts) -> Claims:
    """The same, and what the parts lack that may still go on."""
    traffic, claims = facts.traffic, defaultdict(int, of_running(facts))
    for (farmer, path, plot), part in traffic.parts.items():
        device = facts.disk_device(farmer, path)
        if device is not None and traffic.may_go_on((farmer, path), plot):
            claims[device] += of_part(part)
    return claims


def _grows(facts: Facts, place: Place, part: Part) -> bool:
    """Is a part being written now, as far as is known?"""
    if part.host != facts.seen.host:
        return facts.traffic.fresh(part)
    moving = facts.moving.get(part.plot)
    return moving is not None and (moving.farmer, moving.disk) == place


def promised(facts: Facts, admitted: Admitted, device: str) -> int:
    """Bytes of a device that are spoken for: by what is under way, and by this tick's own choices."""
    total = facts.promised.get(device, 0)
    if admitted.spawns:
        total += sum(of_spawn(facts, want).get(device, 0) for want in admitted.spawns)
    if admitted.moves_onto:
        places = facts.traffic.places.get(device, ())
        total += sum(of_move(facts, move) for place in places for move in admitted.moves_onto.get(place, ()))
    return total


def _of_one(
    facts: Facts, plotter: str, k: int, phase: Phase | None, options: Options, places: Places
) -> Claims:
    tmp, tmp2, dst = places
    definition = facts.plotters.get(plotter)
    claims: dict[str, int] = defaultdict(int)
    if definition is None:
        return claims
    grows = definition.growth(k, phase, tmp2 is not None, options)
    built_on = tmp2 or tmp
    for path, size in ((tmp, grows.tmp), (built_on, grows.tmp2)):
        device = facts.device(path)
        if device is not None:
            claims[device] += size
    landing = facts.device(dst) if dst is not None else None
    # Within one device the finished plot is renamed, and its bytes are in the peak already.
    if landing is not None and landing != facts.device(built_on):
        claims[landing] += definition.band(k, definition.compression(options))[1]
    return claims


def _most(cases: Iterable[Claims]) -> Claims:
    """The most that any of the cases takes on each device."""
    most: dict[str, int] = defaultdict(int)
    for claims in cases:
        for device, size in claims.items():
            most[device] = max(most[device], size)
    return most


def _usual_k(facts: Facts) -> int:
    return facts.spec.plotting.k if facts.spec.plotting is not None else 32
