"""The spec's directories: their room, the plots in them and the temporary files."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal

from reconciler import journal
from reconciler.journal import is_job_id
from reconciler.observation import Condition
from reconciler.observe.plots import Plots
from reconciler.plotters import names
from reconciler.state import Absent, Directory, Fact, Instant, Known, Plot, Space, Temp, Unknown
from reconciler.world import EVERY, MISSING, Ask, Entry, Machine, Stat, Survey

if TYPE_CHECKING:
    from reconciler.plotters import Plotters
    from reconciler.spec.models import Spec


class Places:
    """The directories of one look, and how paths of jobs are told by the spec's spelling."""

    def __init__(
        self,
        machine: Machine,
        spec: Spec,
        plotters: Plotters,
        plots: Plots,
        surveys: Mapping[str, Fact[Survey]],
    ) -> None:
        """surveys: what the directories of `early` have answered."""
        self._machine = machine
        self._spec = spec
        self._plotters = plotters
        self._plots = plots
        logs = spec.directories.logs.path
        self._tmp = _tmps(spec)
        self._landing = tuple(dict.fromkeys(d.path for d in spec.directories.landing))
        self._every = tuple(dict.fromkeys((*self._tmp, *self._landing, logs)))
        self._named = tuple(path for path in self._every if path != logs)
        self._others: list[str] = []
        self._found: dict[str, str | None] = {}
        self._surveys = dict(surveys)
        self._surveys[logs] = self._room_for(logs)

    @staticmethod
    def early(spec: Spec) -> tuple[Ask, ...]:
        """The directories that must have been asked for their room before the process table is read.

        So the room of a job that ends meanwhile is not counted as free while the job is still seen.
        """
        landing = {directory.path for directory in spec.directories.landing}
        return (
            *(Ask(path) for path in _tmps(spec) if path not in landing),
            Ask(spec.directories.logs.path, names=True),
        )

    def _room_for(self, path: str) -> Fact[Survey]:
        """The log directory; before the first start it is yet to be made, where its nearest parent lies."""
        survey = self._surveys[path]
        while survey == Absent(MISSING) and path != "/":
            path = posixpath.dirname(path)
            survey = self._machine.survey([Ask(path)])[path]
        return survey

    # paths

    def of_spec(self, path: str) -> str | None:
        """The directory of the spec that a path lies at or below; None: none of them."""
        if path not in self._found:
            self._found[path] = _spelt(path, self._named) or self._by_real(path)
        return self._found[path]

    def locate(self, path: str) -> str:
        """The same, or the path itself, which is then observed, too."""
        found = self.of_spec(path)
        if found is not None:
            return found
        path = posixpath.normpath(path)
        if path not in self._others:
            self._others.append(path)
        return path

    def _by_real(self, path: str) -> str | None:
        survey = self._answered([path])[0]
        real = survey.value.real if isinstance(survey, Known) else posixpath.normpath(path)
        above = _above(real, list(self._real))
        return self._real[above] if above is not None else None

    @cached_property
    def _real(self) -> Mapping[str, str]:
        """The directories of the spec by where they really are; the first of those that are one."""
        found = zip(self._named, self._answered(self._named), strict=True)
        return {survey.value.real: path for path, survey in reversed([*found]) if isinstance(survey, Known)}

    def _answered(self, paths: Sequence[str]) -> Sequence[Fact[Survey]]:
        """What these directories have answered; those that were not asked yet are asked now."""
        asks = [Ask(path) for path in paths if path not in self._surveys]
        if asks:
            self._surveys.update(self._machine.survey(asks))
        return [self._surveys[path] for path in paths]

    # notes

    def suspended_by(self, job_id: str) -> str:
        """Who wrote the note beside a job's log: "space" or "override"; "unknown" for a note of other content."""
        path = journal.note_path(self._spec.directories.logs.path, job_id, "suspended")
        chunk = self._machine.read([(path, 0, 65536)])[path]
        try:
            told = json.loads(chunk.value.data) if isinstance(chunk, Known) else {}
            return str(told["by"])
        except (ValueError, KeyError, TypeError):
            return "unknown"

    # the look

    def look(
        self,
        now: Instant,
        *,
        finished: Collection[str],
        landing: Collection[str],
        jobs: Collection[str],
        left: Mapping[str, Collection[str]],
        temps: Literal["all", "orphans", "none"],
    ) -> Mapping[str, Directory]:
        """Every directory by its path. Comes after the process table and the journal's locks.

        What lies where plots land is listed only now: a job or mover that was over by then has put down or taken away
        its plot before, so that none is missing here, and none is seen twice.

        finished: plot ids that a log says are done; landing: plot ids that a living job still makes.
        jobs: ids of the jobs that live. left: by directory that plots land in no more, the ids of those that were ours.
        temps: which temporary files to list: all, only those that no living job owns, or none.
        """
        asks = [Ask(path, names=True, stats=names.FINAL) for path in self._landing]
        self._surveys.update(self._machine.survey(asks))
        lying = self._lying(temps)
        listings = {**{path: _entries(self._surveys[path]) for path in self._landing}, **self._left(left)}
        plots = self._plots.look(listings, now, finished, landing)
        owned = frozenset((*landing, *jobs))
        found: dict[str, Directory] = {}
        for path in dict.fromkeys((*self._every, *self._others, *listings)):
            survey = self._surveys[path]
            found[path] = Directory(
                path=path,
                real=survey.value.real if isinstance(survey, Known) else path,
                space=_space(survey),
                plots=_listed(survey, plots.get(path, ()), path in listings),
                temps=self._temps(path, lying[path], owned, temps)
                if path in lying
                else Absent("not asked for"),
            )
        return found

    def _left(self, left: Mapping[str, Collection[str]]) -> Mapping[str, Sequence[Entry]]:
        """The plots in each directory that plots land in no more, as far as they were ours, where there are any.

        One that does not answer may hold some.
        """
        asks = [Ask(path, names=True, stats=names.FINAL) for path in left]
        asked = self._machine.survey(asks) if left else {}
        real = {
            survey.value.real for path in self._landing if isinstance(survey := self._surveys[path], Known)
        }
        found: dict[str, Sequence[Entry]] = {}
        for path, survey in asked.items():
            ours = [entry for entry in _entries(survey) if _plot_id(entry) in left[path]]
            again = isinstance(survey, Known) and survey.value.real in real
            if (ours or isinstance(survey, Unknown)) and not again:
                self._surveys[path] = survey
                found[path] = ours
        return found

    def conditions(self) -> tuple[Condition, ...]:
        """Directories that cannot be used as they are."""
        found = []
        for path in self._every:
            survey = self._surveys[path]
            if not isinstance(survey, Known):
                kind = "DirectoryAbsent" if isinstance(survey, Absent) else "DirectoryUnknown"
                found.append(Condition(kind, path, survey.why))
            elif not survey.value.writable:
                found.append(Condition("DirectoryReadOnly", path, "it is not writable"))
        return tuple(found)

    # temporary files

    def _lying(self, temps: Literal["all", "orphans", "none"]) -> Mapping[str, Fact[Survey]]:
        """What lies in each tmp directory, as far as it is asked for."""
        if temps == "none":
            return {}
        # Most files there are of living jobs, whose sizes only a person wants to see.
        stats = temps == "all"
        known = {path: self._surveys[path] for path in self._tmp if path in self._landing and not stats}
        asks = [
            Ask(path, names=True, stats=(EVERY,) if stats else ()) for path in self._tmp if path not in known
        ]
        return {**known, **(self._machine.survey(asks) if asks else {})}

    def _temps(
        self,
        path: str,
        survey: Fact[Survey],
        owned: Collection[str],
        which: Literal["all", "orphans", "none"],
    ) -> Fact[tuple[Temp, ...]]:
        if not isinstance(survey, Known):
            return survey
        groups = self._plotters.temps(entry.name for entry in survey.value.entries if not entry.folder)
        if which == "orphans":
            groups = {plot_id: files for plot_id, files in groups.items() if plot_id not in owned}
        stats = self._stats(path, survey.value.entries, groups)
        named = [_temp(path, plot_id, files, stats) for plot_id, files in sorted(groups.items(), key=_key)]
        folders = {entry.name for entry in survey.value.entries if entry.folder and is_job_id(entry.name)}
        return Known((*named, *self._own_folders(path, folders if which == "all" else folders - set(owned))))

    def _stats(
        self, path: str, entries: Iterable[Entry], groups: Mapping[str | None, Sequence[str]]
    ) -> Mapping[str, Stat]:
        """Of these files by name, as the listing tells it or else asked for now; without what is gone."""
        told = {entry.name: entry.stat for entry in entries if entry.stat is not None}
        paths = [f"{path}/{name}" for files in groups.values() for name in files if name not in told]
        asked = self._machine.stat(paths) if paths else {}
        return told | {_name(path): stat.value for path, stat in asked.items() if isinstance(stat, Known)}

    def _own_folders(self, path: str, jobs: Iterable[str]) -> Iterator[Temp]:
        """The folders that these jobs have for themselves, with the temporary files in each.

        What no plotter would call a temporary file is none, here too: a person's folder may have such a name.
        """
        own = {f"{path}/{job_id}": job_id for job_id in jobs}
        asks = [Ask(folder, names=True, stats=(EVERY,)) for folder in own]
        surveys = self._machine.survey(asks) if own else {}
        for folder, job_id in sorted(own.items()):
            entries = [e for e in _entries(surveys[folder]) if not e.folder and self._is_temp(e.name)]
            stats = {entry.name: entry.stat for entry in entries if entry.stat is not None}
            if entries:
                yield replace(_temp(folder, None, stats, stats), job=job_id)

    def _is_temp(self, name: str) -> bool:
        """A temporary file, whatever a user's definition may take for one, is no finished plot."""
        plot = names.parse(name)
        return self._plotters.temp(name) is not None and (plot is None or plot.temporary)


def _key(item: tuple[str | None, list[str]]) -> str:
    return item[0] or ""


def _temp(path: str, plot_id: str | None, files: Iterable[str], stats: Mapping[str, Stat]) -> Temp:
    present = {name: stats[name] for name in sorted(files) if name in stats}
    return Temp(
        directory=path,
        plot_id=plot_id,
        files=tuple(present),
        bytes=sum([stat.bytes for stat in present.values()]),
        newest=max([stat.modified for stat in present.values()], default=0.0),
    )


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _tmps(spec: Spec) -> tuple[str, ...]:
    directories = spec.directories
    return tuple(dict.fromkeys([d.path for d in directories.tmp] + [d.path for d in directories.tmp2]))


@lru_cache(maxsize=1 << 10)
def _spelt(path: str, places: tuple[str, ...]) -> str | None:
    """The place that a path lies at or below, links left out of it."""
    return _above(posixpath.normpath(path), places)


def _above(path: str, candidates: Iterable[str]) -> str | None:
    """The longest candidate that a path lies at or below."""
    fits = [c for c in candidates if path == c or path.startswith(c.rstrip("/") + "/")]
    return max(fits, key=len, default=None)


def _plot_id(entry: Entry) -> str | None:
    """Of a finished plot's file."""
    name = names.parse(entry.name)
    return name.plot_id if name is not None and not name.temporary and not entry.folder else None


def _entries(survey: Fact[Survey]) -> tuple[Entry, ...]:
    return survey.value.entries if isinstance(survey, Known) else ()


def _space(survey: Fact[Survey]) -> Fact[Space]:
    if not isinstance(survey, Known):
        return survey if isinstance(survey, Unknown) else Absent(survey.why)
    got = survey.value
    return Known(Space(got.device, got.free, got.total, got.writable))


def _listed(survey: Fact[Survey], plots: tuple[Plot, ...], asked: bool) -> Fact[tuple[Plot, ...]]:
    if not asked:
        return Absent("not asked for")
    if not isinstance(survey, Known):
        return survey if isinstance(survey, Unknown) else Absent(survey.why)
    return Known(plots)
