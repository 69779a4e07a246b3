"""Farmers on other machines: what to ask them, and what their answers mean."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from reconciler.errand import daemon_of, login_of
from reconciler.facts import age
from reconciler.farmer import Disk, Farmer, OldPlot, Part, Stored
from reconciler.inquiry import Answer, By, Found, Heard, Question, Volume
from reconciler.plotters import head as heads
from reconciler.plotters import names as plot_names
from reconciler.spec.units import show_duration
from reconciler.state import Absent, Fact, Instant, Known, Space, Unknown
from reconciler.transports.names import parse_part
from reconciler.world import Farmers

if TYPE_CHECKING:
    from reconciler.plotters import Plotters
    from reconciler.spec.farmers import Archive
    from reconciler.spec.models import Spec

TICKS, LEAST = 6.0, 120.0
"""An answer counts for so many ticks, and for so many seconds at least; then its farmer is unknown."""

SAME = 0.001
"""Seconds by which a moment may differ that is told by both clocks: where it differs by more, one was set."""


class Remotes:
    """Asks them again and again. What it keeps is what their last answers meant. A cache.

    wake: the bell to ring when a farmer answers that was not known.
    """

    def __init__(self, farmers: Farmers, plotters: Plotters, wake: str) -> None:
        self._farmers = farmers
        self._plotters = plotters
        self._wake = wake
        self._meant: dict[str, _Meant] = {}

    def look(self, spec: Spec, ours: Collection[str], now: Instant, kicked: float) -> Mapping[str, Farmer]:
        """Every farmer of the spec that is another machine. ours: names of plots that this host has or was moving.

        kicked: as `Farmers.hear` has it.
        """
        remote = [each for each in spec.archive if each.host is not None or each.transport.kind != "local"]
        seek = tuple(sorted(ours)) if remote else ()
        questions = [question for archive in remote if (question := _question(archive, seek)) is not None]
        heard = self._farmers.hear(questions, wake=self._wake, kicked=kicked)
        oldest = max(LEAST, TICKS * spec.scheduling.tick)
        return {
            archive.name: self._farmer(archive, heard[archive.name], now, oldest)
            if archive.name in heard
            else _unasked(archive)
            for archive in remote
        }

    def _farmer(self, archive: Archive, heard: Heard, now: Instant, oldest: float) -> Farmer:
        answer = heard.answer
        fact: Fact[tuple[Disk, ...]]
        # It may have been asked after this look had begun; then its answer is as old as the look.
        asked = min(answer.asked, now, key=lambda each: each.up) if answer is not None else None
        if answer is None or asked is None:
            fact = Unknown(heard.trouble or "has not answered yet")
        elif (old := age(now, asked)) > oldest:
            fact = Unknown(f"no answer for {show_duration(old)}: {heard.trouble or 'it is being asked'}")
        else:
            fact = self._disks(archive, answer, now.at - old)
        return Farmer(
            name=archive.name,
            disks=fact,
            asked=asked,
            sought=answer.seek if answer is not None else (),
            trouble=heard.trouble,
            kind=heard.kind,
            next_at=heard.next_at,
        )

    def _disks(self, archive: Archive, answer: Answer, then: float) -> Known[tuple[Disk, ...]]:
        """What an answer means. then: wall clock of this machine when it was asked for."""
        meant = self._meant.get(archive.name)
        if (
            meant is None
            or meant.answer is not answer
            or meant.archive is not archive
            or abs(meant.then - then) > SAME
        ):
            before = meant if meant is not None and meant.archive is archive else None
            disks = {
                path: _as_before(path, volume, before) or _disk(archive, path, volume, self._plotters, then)
                for path, volume in sorted(answer.volumes.items())
            }
            meant = self._meant[archive.name] = _Meant(
                answer, archive, then, disks, Known(tuple(disks.values()))
            )
        return meant.told


class _Meant(NamedTuple):
    """An answer, read for that part of the spec at that moment of the wall clock."""

    answer: Answer
    archive: Archive
    then: float
    disks: Mapping[str, Disk]
    told: Known[tuple[Disk, ...]]


def _as_before(path: str, volume: Fact[Volume], before: _Meant | None) -> Disk | None:
    """What a disk was, where the same was told of it, and nothing whose age counts."""
    if before is None or not isinstance(volume, Known) or before.answer.volumes.get(path) != volume:
        return None
    return None if volume.value.parts or volume.value.every else before.disks[path]


def _question(archive: Archive, seek: tuple[str, ...]) -> Question | None:
    """None: nobody there can be asked."""
    transport = archive.transport
    by: By = "sftp" if transport.kind == "sftp" else "shell"
    if not archive.by_ssh:
        if transport.kind != "rsyncd":
            return None
        by = "daemon"
    return Question(
        farmer=archive.name,
        by=by,
        login=login_of(archive),
        daemon=daemon_of(archive),
        capacity=transport.capacity if transport.kind == "rsyncd" else None,
        disks=archive.disks,
        folder=archive.path or "",
        mount=archive.mount,
        seek=seek,
        heads=archive.replace is not None,
    )


def _unasked(archive: Archive) -> Farmer:
    """One of which nothing can be known: its disks are those that the spec names."""
    disks = [
        Disk(path=archive.target(disk), space=Known(Space(f"{archive.name}:{disk}", 0, 0)), boundless=True)
        for disk in archive.disks
    ]
    return Farmer(name=archive.name, disks=Known(tuple(disks)))


def _disk(archive: Archive, path: str, volume: Fact[Volume], plotters: Plotters, then: float) -> Disk:
    if not isinstance(volume, Known):
        return Disk(path=path, space=volume)
    got = volume.value
    return Disk(
        path=path,
        # A farmer's name for a device is good for that farmer only; ssh's own name for it makes two of
        # this spec's farmers on one host one.
        space=Known(Space(f"{archive.host or archive.name}:{got.device}", got.free, got.total, got.writable)),
        count=got.plots,
        holds=tuple(Stored(found.name, found.bytes) for found in got.sought),
        parts=tuple(parts_of(got.parts, plotters, then)),
        old=Known(tuple(old_plots(got.every, then)))
        if archive.replace is not None
        else Absent("not asked for"),
    )


def parts_of(files: Iterable[Found], plotters: Plotters, then: float) -> Iterable[Part]:
    """Plots on their way. then: wall clock of this machine when the ages were told."""
    for file in files:
        landing = parse_part(file.name)
        if landing is None:
            continue
        size = landing.bytes
        if size is None:
            # Another tool's file does not tell how big it will be: as big as such a plot can be.
            plot = plot_names.parse(landing.plot)
            size = (
                plotters.band(plot.k, plot.compression, plot.kind, plot.digits)[1]
                if plot is not None
                else file.bytes
            )
        yield Part(landing.plot, size, min(size, file.bytes), landing.host, then - (file.age or 0.0))


def old_plots(files: Iterable[Found], then: float) -> Iterable[OldPlot]:
    """Those whose head can be read, and agrees with the name. then: as above."""
    for file in files:
        name, head = plot_names.parse(file.name), heads.read(file.head)
        if name is None or name.temporary or head is None or file.age is None:
            continue
        if (head.plot_id, head.k) == (name.plot_id, name.k):
            yield OldPlot(
                name=file.name,
                bytes=file.bytes,
                modified=then - file.age,
                k=head.k,
                compression=head.level,
                contract=head.contract,
            )
