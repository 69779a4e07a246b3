"""How many jobs, where and when, as a person would set it by hand; and what that changes in a spec. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from reconciler.noun import noun, values
from reconciler.spec.judge import judged
from reconciler.spec.models import PhaseStagger, Scheduling, Spec, TmpDirectory, TmpScheduling
from reconciler.spec.tree import Value
from reconciler.spec.units import write_duration
from reconciler.state import Phase

if TYPE_CHECKING:
    from reconciler.spec.loaded import Loaded

Key: TypeAlias = tuple[str, ...]
"""Where a value stands in a spec; a tmp directory is a step by its path: (directories, tmp, /mnt/tmp/00, max_jobs)."""
Changes: TypeAlias = Mapping[Key, Value]
"""New values in their document form, by where they stand."""

EARLY = Phase(2, 1)
"""Jobs before this phase count as early."""
AUTO = "auto"


@noun
class Group:
    """Tmp directories that get the same setting, since their drives are alike. paths: in the spec's order."""

    paths: tuple[str, ...]


@noun
class Tmp:
    """Each tmp directory of a group. jobs: at most at once; early: of them, at most so many before EARLY."""

    jobs: int
    early: int


@noun
class Setting:
    """All that the tool would else decide. stagger: seconds; tmps: of each group, in their order."""

    max_jobs: int
    stagger: int
    tmps: tuple[Tmp, ...]

    def sound(self, groups: Sequence[Group]) -> Setting:
        """The same without what makes no difference: at least one job, and no more of them than can be anywhere."""
        wanted = max(1, self.max_jobs)
        tmps = tuple(
            Tmp(jobs := min(max(1, tmp.jobs), wanted), min(max(1, tmp.early), jobs)) for tmp in self.tmps
        )
        most = sum(tmp.jobs * len(group.paths) for tmp, group in zip(tmps, groups, strict=True))
        return Setting(min(wanted, most), max(0, self.stagger), tmps)

    def changes(self, spec: Spec, groups: Sequence[Group]) -> Changes:
        """What of a spec is to be changed for it."""
        found: dict[Key, Value] = {
            ("scheduling", "max_jobs"): self.max_jobs,
            ("scheduling", "stagger"): write_duration(self.stagger),
        }
        for tmp, group in zip(self.tmps, groups, strict=True):
            stagger: Value = {"until": str(EARLY), "at_most": tmp.early}
            if len(groups) == 1:
                found["scheduling", "tmp", "max_jobs"] = tmp.jobs
                found["scheduling", "tmp", "stagger"] = stagger
            for path in group.paths:
                own = spec.tmp(path)
                if len(groups) > 1 or own.max_jobs is not None:
                    found["directories", "tmp", path, "max_jobs"] = tmp.jobs
                if len(groups) > 1 or own.stagger is not None:
                    found["directories", "tmp", path, "stagger"] = stagger
        now = dict(_settings(spec))
        return {key: value for key, value in found.items() if now.get(key) != value}


def going(loaded: Loaded) -> Loaded:
    """The same spec, plotting without end."""
    plotting = loaded.spec.plotting
    if plotting is None:
        return loaded
    on = replace(plotting, state="running", stop_after=None)
    return replace(loaded, spec=replace(loaded.spec, plotting=on))


def by_itself(spec: Spec) -> Changes:
    """What of a spec is to be changed so that the tool decides all of it."""
    return {key: AUTO for key, value in _settings(spec) if value != AUTO}


def changed(loaded: Loaded, changes: Changes) -> Loaded:
    """The same spec with other values."""
    spec = loaded.spec
    scheduling, tmp = values(spec.scheduling), values(spec.scheduling.tmp)
    directories = {each.path: values(each) for each in spec.directories.tmp}
    for key, value in changes.items():
        if key[0] == "directories":
            directories[key[2]][key[3]] = value
        elif key[1] == "tmp":
            tmp[key[2]] = value
        else:
            scheduling[key[1]] = value
    scheduling["tmp"] = judged(TmpScheduling, tmp)
    tmps = tuple(judged(TmpDirectory, each) for each in directories.values())
    new = replace(
        spec,
        scheduling=judged(Scheduling, scheduling),
        directories=replace(spec.directories, tmp=tmps),
    )
    return replace(loaded, spec=new)


def _settings(spec: Spec) -> Iterator[tuple[Key, Value]]:
    """Every value that the tool could decide: those for all directories, and those that one has of its own."""
    scheduling = spec.scheduling
    stagger = scheduling.stagger
    yield ("scheduling", "max_jobs"), scheduling.max_jobs
    yield ("scheduling", "stagger"), stagger if stagger == AUTO else write_duration(float(stagger))
    yield ("scheduling", "tmp", "max_jobs"), scheduling.tmp.max_jobs
    yield ("scheduling", "tmp", "stagger"), _written(scheduling.tmp.stagger)
    for directory in spec.directories.tmp:
        if directory.max_jobs is not None:
            yield ("directories", "tmp", directory.path, "max_jobs"), directory.max_jobs
        if directory.stagger is not None:
            yield ("directories", "tmp", directory.path, "stagger"), _written(directory.stagger)


def value_of(spec: Spec, key: Key) -> Value:
    """What stands there now, in its document form; None: nothing of its own."""
    return dict(_settings(spec)).get(key)


def _written(stagger: PhaseStagger | str) -> Value:
    """In its document form."""
    return stagger if isinstance(stagger, str) else {"until": str(stagger.until), "at_most": stagger.at_most}
