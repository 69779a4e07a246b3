"""The spec, version 3: nouns that say what the farm shall be.

Sizes are bytes and durations seconds once loaded; in the document they carry their units. Every field's
description ends up in the published schema, the default spec and `config show`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from reconciler.spec.farmers import Archive, Archiving
from reconciler.spec.guard import Deletions, Guarded
from reconciler.spec.host import Host
from reconciler.spec.marks import before, limits
from reconciler.spec.model import Name, field, part
from reconciler.spec.notify import Notify
from reconciler.spec.units import AbsolutePath, Duration, HomePath, Milestone, Size, Window

Auto = Literal["auto"]
Count = Annotated[int, limits(ge=0)]
Option = str | int | Annotated[float, limits(allow_inf_nan=False)] | bool


@part
class PhaseStagger:
    """Start on a tmp directory only while few of its jobs are still early."""

    until: Milestone = field(
        description="Jobs before this phase count as early, as major:minor.", examples=["2:1"]
    )
    at_most: int = field(
        default=1, ge=1, description="A job may start only while fewer than so many here are early."
    )


@part
class TmpDirectory:
    """A directory for temporary files, and what differs for it from the rest of the spec."""

    path: AbsolutePath = field(description="Absolute path.")
    max_jobs: Count | Auto | None = field(
        default=None, description="As scheduling.tmp.max_jobs, for this directory."
    )
    stagger: PhaseStagger | Auto | None = field(
        default=None, description="As scheduling.tmp.stagger, for this directory."
    )
    start_windows: tuple[Window, ...] | None = field(
        default=None, description="As scheduling.start_windows, for this directory."
    )
    floor: Size | None = field(default=None, description="As space.floor, for this directory.")
    resume: Size | None = field(default=None, description="As space.resume, for this directory.")


@part
class PlainDirectory:
    """A directory for second temporary files or finished plots."""

    path: AbsolutePath = field(description="Absolute path.")
    max_jobs: int | None = field(
        default=None, ge=0, description="At most so many running jobs are bound for it."
    )
    floor: Size | None = field(default=None, description="As space.floor, for this directory.")
    resume: Size | None = field(default=None, description="As space.resume, for this directory.")


@part
class Logs:
    """Where job logs go. They are also the journal from which stagger, back-off and history are read."""

    path: HomePath = field(description="Absolute path, or from ~ on; on a local disk, since it holds locks.")
    keep: Duration = field(
        default=365 * 86400,
        description="Logs older than this are removed, but for those of plots that plotting.stop_after counts.",
        examples=["365d"],
    )
    floor: Size = field(
        default=100_000_000,
        description="No job starts with less room than this for logs.",
        examples=["100MB"],
    )


TmpItem: TypeAlias = AbsolutePath | TmpDirectory
PlainItem: TypeAlias = AbsolutePath | PlainDirectory
TmpItems: TypeAlias = TmpItem | tuple[TmpItem, ...]
PlainItems: TypeAlias = PlainItem | tuple[PlainItem, ...]


def _path(value: object) -> object:
    """A plain string is {path: string}."""
    return {"path": value} if isinstance(value, str) else value


def _several(value: object) -> object:
    """A plain string is {path: string}; one alone is a list of one."""
    items = [value] if isinstance(value, str | dict) else value
    if not isinstance(items, list | tuple):
        return items
    return tuple(map(_path, items))


PlainDirectories: TypeAlias = Annotated[tuple[PlainDirectory, ...], before(_several, PlainItems)]


@part
class Directories:
    """Every directory of this machine that plotting touches."""

    tmp: Annotated[tuple[TmpDirectory, ...], before(_several, TmpItems)] = field(
        default=(),
        description="Temporary directories; jobs are spread over them. "
        "Each is a path, or a mapping with a path and what differs there from scheduling and space.",
        examples=[["/mnt/tmp/00", {"path": "/mnt/tmp/01", "max_jobs": 5, "floor": "40GB"}]],
    )
    tmp2: PlainDirectories = field(
        default=(),
        description="Second temporary directories, for plotters that take one.",
        examples=[["/mnt/ram"]],
    )
    dst: PlainDirectories = field(
        default=(), description="Where finished plots land. Left out: tmp2, else tmp, serves."
    )
    logs: Annotated[Logs, before(_path, HomePath | Logs)] = field(
        description="Where job logs go: a path, or {path, keep, floor}."
    )

    @property
    def landing(self) -> tuple[PlainDirectory | TmpDirectory, ...]:
        """The directories that finished plots land in: dst, else tmp2, else tmp."""
        return self.dst or self.tmp2 or self.tmp


@part
class Keys:
    """Whose plots these are."""

    farmer: str | None = field(default=None, description="Farmer public key, hexadecimal.")
    pool: str | None = field(
        default=None, description="Pool public key, hexadecimal. Not together with contract."
    )
    contract: str | None = field(
        default=None, description="Pool contract address, xch1… Not together with pool."
    )

    def __post_init__(self) -> None:
        if self.pool is not None and self.contract is not None:
            raise ValueError(
                "pool and contract exclude each other; keep contract for a portable plot, pool for an old one"
            )


@part
class Plotting:
    """What is plotted, by which plotter."""

    state: Literal["running", "drained"] = field(
        default="running", description="drained: no new jobs; those that run are left to finish."
    )
    plotter: Name = field(default="chia", description="Name of a plotter definition: `plotman plotter list`.")
    executable: str | None = field(
        default=None,
        description="Path of the plotter; left out: as its definition says.",
        examples=["/opt/chia/bin/chia"],
    )
    k: int = field(default=32, ge=16, le=50, description="Plot size.")
    keys: Keys = field(
        default_factory=Keys,
        description="Whose plots these are.",
        examples=[{"farmer": "8d3e...", "contract": "xch1..."}],
    )
    options: dict[str, Option] = field(
        default_factory=dict,
        description="The plotter's own options, by their names in its definition and in its own units.",
        examples=[{"threads": 2, "buckets": 128, "buffer": 3389}],
    )
    nice: int = field(default=15, ge=0, le=19, description="Niceness added to a job's processes.")
    stop_after: int | None = field(
        default=None, ge=1, description="No new job once so many are finished or under way.", examples=[100]
    )


@part
class TmpScheduling:
    """Limits for each tmp directory that does not set its own."""

    max_jobs: Count | Auto = field(
        default="auto", description="At most so many jobs on one tmp directory.", examples=[3, "auto"]
    )
    stagger: PhaseStagger | Auto = field(
        default="auto",
        description="Start on a tmp directory only while few of its jobs are early.",
        examples=[{"until": "2:1", "at_most": 1}],
    )


@part
class Scheduling:
    """How many jobs, and when. What is left out or `auto` is for the tool to decide; a value is a limit."""

    tick: Duration = field(
        default=20, gt=0, description="The longest time between two looks at the world.", examples=["20s"]
    )
    max_jobs: Count | Auto = field(
        default="auto", description="At most so many jobs on this machine.", examples=[12, "auto"]
    )
    stagger: Duration | Auto = field(
        default="auto", description="At least so long between two starts.", examples=["30m", "auto"]
    )
    tmp: TmpScheduling = field(default_factory=TmpScheduling, description="Limits for each tmp directory.")
    start_windows: tuple[Window, ...] = field(
        default=(),
        description="Jobs start only within these local times; left out: always.",
        examples=[["22:00-06:00", "sat-sun"]],
    )

    @property
    def left_open(self) -> frozenset[str]:
        """Which limits on this machine's jobs are left to the tool: "max_jobs", "stagger"."""
        return frozenset(
            name
            for name, value in (("max_jobs", self.max_jobs), ("stagger", self.stagger))
            if value == "auto"
        )


@part
class Space:
    """When to stop and resume jobs for want of room on their temporary directories."""

    floor: Size = field(
        default=20_000_000_000,
        description="With less room than this, jobs there are suspended.",
        examples=["20GB"],
    )
    resume: Size = field(
        default=60_000_000_000, description="With more room than this, they are resumed.", examples=["60GB"]
    )


@part
class Clean:
    """Removal of temporary files that no job owns any more."""

    orphans_after: Duration = field(
        ge=600, description="Once nothing has changed them for so long.", examples=["6h"]
    )


@part
class Spec:
    """What the farm shall be."""

    version: Literal[3] = field(description="Version of this document: 3.")
    host: Host | None = field(
        default=None,
        description="Which machine this is for, where a repository holds many.",
        examples=[{"name": "h07", "labels": {"ring": "canary"}}],
    )
    directories: Directories = field(description="Every directory of this machine that plotting touches.")
    plotting: Plotting | None = field(
        default=None, description="What is plotted, by which plotter. Left out: nothing is."
    )
    scheduling: Scheduling = field(default_factory=Scheduling, description="How many jobs, and when.")
    space: Space = field(default_factory=Space, description="When to stop and resume jobs for want of room.")
    archive: tuple[Archive, ...] = field(
        default=(),
        description="Where finished plots go. Left out: they stay where they land.",
        examples=[[{"name": "farm", "disks": "/farm/*"}]],
    )
    archiving: Archiving = field(
        default_factory=Archiving,
        description="What holds for all farmers together.",
        examples=[{"transfers": 6, "links": {"wan": 1}}],
    )
    clean: Clean | None = field(
        default=None,
        description="Removal of temporary files that no job owns. Left out: never.",
        examples=[{"orphans_after": "6h"}],
    )
    approve: tuple[Guarded, ...] = field(
        default=(),
        description="Kinds of action that wait until a person has approved a saved plan of them.",
        examples=[["kill", "clean", "retire"]],
    )
    deletions: Deletions = field(
        default_factory=Deletions,
        description="How many deletions this host may do.",
        examples=[{"per_tick": 5, "per_day": 100}],
    )
    allow_empty: bool = field(
        default=False,
        description="Follow this spec also where it names far fewer directories or farmers than the one before it.",
    )
    notify: Notify | None = field(
        default=None,
        description="Who is told of what happens, by Apprise. Left out: nobody.",
        examples=[{"targets": ["${PLOTMAN_NOTIFY}"]}],
    )

    # The lookups that rules ask for again and again.

    def tmp(self, path: str) -> TmpDirectory:
        """The tmp directory of that path; KeyError where the spec has none."""
        for directory in self.directories.tmp:
            if directory.path == path:
                return directory
        raise KeyError(path)

    def archiver(self, name: str) -> Archive:
        """The farmer of that name; KeyError where the spec has none."""
        for archive in self.archive:
            if archive.name == name:
                return archive
        raise KeyError(name)

    def floor(self, path: str) -> int:
        """Bytes that must stay free in a tmp, tmp2 or dst directory."""
        return _first(self._named(path), "floor", self.space.floor)

    def floors(self) -> Mapping[str, int]:
        """The same for all of them, by path."""
        roles: dict[str, list[TmpDirectory | PlainDirectory]] = defaultdict(list)
        for directory in self._every:
            roles[directory.path].append(directory)
        return {path: _first(each, "floor", self.space.floor) for path, each in roles.items()}

    def resume(self, path: str) -> int:
        """Bytes that must be free before jobs there are resumed; never below the floor."""
        return max(_first(self._named(path), "resume", self.space.resume), self.floor(path))

    def _named(self, path: str) -> list[TmpDirectory | PlainDirectory]:
        return [directory for directory in self._every if directory.path == path]

    @property
    def _every(self) -> tuple[TmpDirectory | PlainDirectory, ...]:
        return *self.directories.tmp, *self.directories.tmp2, *self.directories.dst


def _first(directories: list[TmpDirectory | PlainDirectory], key: str, otherwise: int) -> int:
    """The largest value that any role of this directory sets for itself, else the spec's."""
    own = [value for directory in directories if (value := getattr(directory, key)) is not None]
    return max(own, default=otherwise)
