"""Farmers whose disks are this machine's own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from reconciler.farmer import Disk, Farmer, OldPlot, Stored
from reconciler.inquiry import Found
from reconciler.observe.heads import Heads
from reconciler.observe.remotes import old_plots, parts_of
from reconciler.plotters import names as plot_names
from reconciler.state import Absent, Fact, Instant, Known, Space, Unknown
from reconciler.transports.names import parse_part
from reconciler.world import MISSING, Ask, Machine, Stat, Survey

if TYPE_CHECKING:
    from reconciler.plotters import Plotters
    from reconciler.spec.farmers import Archive
    from reconciler.spec.models import Spec


class Farms:
    """Looks at them again and again. What it keeps are heads of old plots, by the folder they lie in."""

    def __init__(self, machine: Machine, plotters: Plotters) -> None:
        self._machine = machine
        self._plotters = plotters
        self._heads: dict[str, Heads] = {}

    def look(self, spec: Spec, ours: Collection[str], now: Instant) -> Mapping[str, Farmer]:
        """Every farmer of the spec that is this machine. ours: names of plots that this host has, or was moving."""
        return {
            archive.name: Farmer(name=archive.name, disks=self._disks(archive, ours, now))
            for archive in spec.archive
            if archive.host is None and archive.transport.kind == "local"
        }

    def _disks(self, archive: Archive, ours: Collection[str], now: Instant) -> Fact[tuple[Disk, ...]]:
        machine = self._machine
        paths: list[str] = []
        for pattern in archive.disks:
            matching = machine.glob(pattern)
            if isinstance(matching, Unknown):
                return matching
            paths += matching.value if isinstance(matching, Known) else ()
        paths = sorted(dict.fromkeys(paths))
        targets = [archive.target(path) for path in paths]
        surveys = (
            machine.survey([Ask(path, names=True, mount=archive.mount) for path in targets]) if paths else {}
        )
        if archive.path is not None:
            # The folder for plots is made by the first of them; until then its disk answers for it.
            missing = [path for path in paths if surveys[archive.target(path)] == Absent(MISSING)]
            disks = machine.survey([Ask(path, mount=archive.mount) for path in missing]) if missing else {}
            surveys = {**surveys, **{archive.target(path): disks[path] for path in missing}}
        return Known(tuple(self._disk(archive, path, surveys[path], ours, now) for path in targets))

    def _disk(
        self, archive: Archive, path: str, survey: Fact[Survey], ours: Collection[str], now: Instant
    ) -> Disk:
        if not isinstance(survey, Known):
            return Disk(path=path, space=survey if isinstance(survey, Unknown) else Absent(survey.why))
        got = survey.value
        files = [entry.name for entry in got.entries if not entry.folder]
        finished = [n for n in files if (name := plot_names.parse(n)) is not None and not name.temporary]
        standing = [name for name in finished if name in ours]
        landing = [name for name in files if parse_part(name) is not None]
        replacing = archive.replace is not None
        asked = [f"{path}/{name}" for name in (*(finished if replacing else standing), *landing)]
        stats = self._machine.stat(asked) if asked else {}
        # Taken for absent, a plot that stands would be copied again, and what a part will take be counted as free.
        for file in (*standing, *landing):
            if isinstance(stat := stats[f"{path}/{file}"], Unknown):
                return Disk(path=path, space=Unknown(f"{file}: {stat.why}"))
        parts = _found(path, landing, stats, {}, now)
        return Disk(
            path=path,
            space=Known(Space(got.device, got.free, got.total, got.writable)),
            count=len(finished),
            holds=tuple(Stored(found.name, found.bytes) for found in _found(path, standing, stats, {}, now)),
            parts=tuple(parts_of(parts, self._plotters, now.at)),
            old=Known(tuple(self._old(path, finished, stats, now))) if replacing else Absent("not asked for"),
        )

    def _old(
        self, path: str, names: Sequence[str], stats: Mapping[str, Fact[Stat]], now: Instant
    ) -> Iterable[OldPlot]:
        asked = ((f"{path}/{name}", stats[f"{path}/{name}"]) for name in names)
        plots = {file: stat.value for file, stat in asked if isinstance(stat, Known)}
        heads = self._heads.setdefault(path, Heads(self._machine)).read(plots, now)
        return old_plots(_found(path, names, stats, heads, now), now.at)


def _found(
    path: str,
    names: Iterable[str],
    stats: Mapping[str, Fact[Stat]],
    heads: Mapping[str, bytes],
    now: Instant,
) -> Iterator[Found]:
    """Those of them that are files, each with its age and, where it was read, its head."""
    for name in names:
        stat = stats[f"{path}/{name}"]
        if isinstance(stat, Known):
            age, head = now.at - stat.value.modified, heads.get(f"{path}/{name}", b"")
            yield Found(name, stat.value.bytes, age, head)
