"""Farmers whose disks are this machine's own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from reconciler.plotters import names as plot_names
from reconciler.state import Absent, Disk, Fact, Farmer, Known, Part, Space, Stored, Unknown
from reconciler.transports.names import parse_part
from reconciler.world import Ask, Machine, Stat, Survey

if TYPE_CHECKING:
    from reconciler.plotters import Plotters
    from reconciler.spec.models import Archive, Spec


def look_at_farms(
    machine: Machine, spec: Spec, plotters: Plotters, ours: Collection[str]
) -> Mapping[str, Farmer]:
    """Every farmer of the spec. ours: the names of plots that this host has, or was moving."""
    return {
        archive.name: Farmer(name=archive.name, disks=_disks(machine, archive, plotters, ours))
        for archive in spec.archive
    }


def _disks(
    machine: Machine, archive: Archive, plotters: Plotters, ours: Collection[str]
) -> Fact[tuple[Disk, ...]]:
    paths: list[str] = []
    for pattern in archive.disks:
        matching = machine.glob(pattern)
        if isinstance(matching, Unknown):
            return matching
        paths += matching.value if isinstance(matching, Known) else ()
    paths = sorted(dict.fromkeys(paths))
    surveys = machine.survey([Ask(path, names=True, mount=archive.mount) for path in paths]) if paths else {}
    return Known(tuple(_disk(machine, path, surveys[path], plotters, ours) for path in paths))


def _disk(
    machine: Machine, path: str, survey: Fact[Survey], plotters: Plotters, ours: Collection[str]
) -> Disk:
    if not isinstance(survey, Known):
        return Disk(path=path, space=survey if isinstance(survey, Unknown) else Absent(survey.why))
    got = survey.value
    files = [entry for entry in got.entries if not entry.folder]
    finished = [e for e in files if (name := plot_names.parse(e.name)) is not None and not name.temporary]
    standing = [entry.name for entry in finished if entry.name in ours]
    landing = [entry.name for entry in files if parse_part(entry.name) is not None]
    asked = [f"{path}/{name}" for name in (*standing, *landing)]
    stats = machine.stat(asked) if asked else {}
    return Disk(
        path=path,
        space=Known(Space(got.device, got.free, got.total, got.writable)),
        count=len(finished),
        holds=tuple(_stored(path, standing, stats)),
        parts=tuple(_parts(path, landing, stats, plotters)),
    )


def _stored(path: str, names: Iterable[str], stats: Mapping[str, Fact[Stat]]) -> Iterable[Stored]:
    for name in names:
        stat = stats[f"{path}/{name}"]
        if isinstance(stat, Known):
            yield Stored(name, stat.value.bytes)


def _parts(
    path: str, names: Iterable[str], stats: Mapping[str, Fact[Stat]], plotters: Plotters
) -> Iterable[Part]:
    for name in names:
        stat, landing = stats[f"{path}/{name}"], parse_part(name)
        if landing is None or not isinstance(stat, Known):
            continue
        size = landing.bytes
        if size is None:
            # Another tool's file does not tell how big it will be: as big as such a plot can be.
            plot = plot_names.parse(landing.plot)
            size = (
                plotters.band(plot.k, plot.compression, plot.kind, plot.digits)[1]
                if plot is not None
                else stat.value.bytes
            )
        yield Part(landing.plot, size, min(size, stat.value.bytes), landing.host, stat.value.modified)
