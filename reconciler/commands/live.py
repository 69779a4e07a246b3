"""What `plotman config validate --live` finds at the farmers: each is tried, side by side, and says what is wrong."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from reconciler.commands.probing import HASHES, Probed, probe, probe_name
from reconciler.errand import daemon_of
from reconciler.errors import FarmerError
from reconciler.farmer import Disk, Farmer
from reconciler.spec.units import show_size
from reconciler.state import Absent, Known
from reconciler.views import words
from reconciler.views.table import table

if TYPE_CHECKING:
    from reconciler.plotters import Plotters
    from reconciler.spec.farmers import Archive
    from reconciler.spec.models import Spec

PATIENCE = 30.0
"""Seconds that farmers have for their answer: longer than any wait of connecting, so that its end is seen."""

PROGRAM = 10.0
"""Seconds that a program of this machine has to say its version, and a daemon to list its module."""


_NO_DAEMON = "is rsync --daemon running there, with that module, port and password?"


class Trial(NamedTuple):
    """One thing that was tried. what: in a word or two; told: what was found; wrong: it does not work as it is."""

    farmer: str
    what: str
    told: str
    wrong: bool = False


def try_farmers(spec: Spec, plotters: Plotters) -> tuple[Trial, ...]:
    """All trials of all farmers, in the spec's order."""
    from reconciler.machine import LocalMachine, LocalWorld
    from reconciler.observe import Observer

    if not spec.archive:
        return ()
    world = LocalWorld(LocalMachine(), patience=PATIENCE)
    seen = Observer(world, plotters).look(spec)
    name = probe_name(world.machine.host)
    with ThreadPoolExecutor(len(spec.archive)) as pool:
        tried = pool.map(lambda each: tuple(_try(each, seen.farmers[each.name], name)), spec.archive)
        return tuple(trial for trials in tried for trial in trials)


def text(trials: Sequence[Trial]) -> str:
    """A line each, aligned; "" for none."""
    rows = [
        (words.clean(trial.farmer), trial.what, "WRONG" if trial.wrong else "ok", words.clean(trial.told))
        for trial in trials
    ]
    return "".join(f"{line}\n" for line in table(rows))


def _try(archive: Archive, farmer: Farmer, name: str) -> Iterator[Trial]:
    for what, told, wrong in (*_there(archive, farmer, name), *_programs(archive)):
        yield Trial(archive.name, what, told, wrong)


Row = tuple[str, str, bool]


def _there(archive: Archive, farmer: Farmer, name: str) -> Iterator[Row]:
    """How it answers, and each of its disks."""
    if not isinstance(farmer.disks, Known):
        yield _way(archive), "; ".join(filter(None, (farmer.disks.why, _remedy(archive, farmer.kind)))), True
        return
    if archive.host is not None:
        yield _way(archive), "it answers" if farmer.asked is not None else "nobody there can be asked", False
    disks = farmer.disks.value
    if not disks:
        yield (
            "disks",
            f"nothing there is called {' or '.join(archive.disks)}; mount the disks, or name others",
            True,
        )
    usable = [disk.path for disk in disks if isinstance(disk.space, Known) and not disk.boundless]
    try:
        probed = probe(archive, usable, name)
    except FarmerError as error:
        yield "writing", "; ".join(filter(None, (str(error), _remedy(archive, error.kind)))), True
        probed = Probed()
    yield from (_disk(archive, disk, probed) for disk in disks)
    if probed.has is not None:
        yield from _programs_there(archive, probed.has)


def _disk(archive: Archive, disk: Disk, probed: Probed) -> Row:
    space = disk.space
    if not isinstance(space, Known):
        remedy = (
            "mount it there, or take it out of disks" if isinstance(space, Absent) else "look at that disk"
        )
        plain = "; a plain folder needs mount: false" if archive.mount and "mounted" in space.why else ""
        return disk.path, f"{space.why}; {remedy}{plain}", True
    if disk.boundless:
        return disk.path, "its room is the program's to judge", False
    wrong = probed.wrong.get(disk.path)
    if wrong or not space.value.writable:
        why = wrong or "it is read-only, or not ours to write to"
        who = archive.user or "this user"
        return disk.path, f"cannot be written to: {why}; let {who} write there, or mount it for writing", True
    tried = (
        "a file was written and removed"
        if wrong is not None
        else "not written to: nobody could remove the file again"
    )
    return disk.path, f"{show_size(space.value.free)} free, {tried}", False


def _programs_there(archive: Archive, has: Iterable[str]) -> Iterator[Row]:
    if archive.transport.kind == "rsync":
        found = "rsync" in has
        yield (
            "rsync there",
            "found" if found else "not found; install it, or write transport: sftp",
            not found,
        )
    hashes = [tool for tool in HASHES if tool in has]
    told = hashes[0] if hashes else f"none of {', '.join(HASHES)}; install one, for copies to be compared"
    yield "hash there", told, not hashes


def _programs(archive: Archive) -> Iterator[Row]:
    """What this machine needs for the transport, and a daemon that nobody has asked yet."""
    from reconciler.remote import tool

    transport = archive.transport
    if transport.kind == "command":
        for program in dict.fromkeys((transport.argv[0], *(transport.verify or ())[:1])):
            found = shutil.which(program)
            yield f"{program} here", found or "not found; install it, or write its whole path", found is None
        if not archive.by_ssh and transport.verify is None:
            yield "verify", "there is none, so plots stay here and are held; add transport.verify", True
        return
    if transport.kind not in ("rsync", "rsyncd"):
        return
    executable = transport.executable
    try:
        version = tool.version(executable, deadline=PROGRAM)
    except FarmerError as error:
        yield f"{executable} here", str(error), True
        return
    missing = "cannot be run; install it, or set transport.executable"
    yield f"{executable} here", missing if version is None else version, version is None
    if version is not None and transport.kind == "rsyncd" and archive.by_ssh:
        yield _daemon(archive)


def _daemon(archive: Archive) -> Row:
    from reconciler.remote import tool
    from reconciler.transports import rsyncd

    daemon = daemon_of(archive)
    assert daemon is not None, "rsyncd has a daemon"
    where = rsyncd.url(daemon, daemon.root)
    try:
        ran = tool.run(
            [daemon.executable, "--list-only", "--contimeout=10", *rsyncd.password(daemon), where],
            deadline=2 * PROGRAM,
        )
    except FarmerError as error:
        return "daemon", str(error), True
    if ran.code == 0:
        return "daemon", f"{where} answers", False
    said = next(iter(ran.err.strip().splitlines()), f"rsync ended with {ran.code}")
    return "daemon", f"{said}; {_NO_DAEMON}", True


def _way(archive: Archive) -> str:
    if archive.by_ssh:
        return "sftp" if archive.transport.kind == "sftp" else "ssh"
    return "disks" if archive.transport.kind == "local" else archive.transport.kind


def _remedy(archive: Archive, kind: str | None) -> str:
    """What to do about a farmer that failed so; "" where the failure itself says it."""
    if not archive.by_ssh:
        return _NO_DAEMON if archive.transport.kind == "rsyncd" else ""
    port = f" -p {archive.port}" if archive.port is not None else ""
    who = f"{archive.user}@{archive.host}" if archive.user is not None else archive.host
    key = f" -i {archive.identity}" if archive.identity is not None else ""
    match kind:
        case "login":
            return f"let this machine's key in: ssh-copy-id{key}{port} {who}"
        case "away" | "silent":
            return f"is it on, and are host and port right? ssh{port} {who} should get through"
    return ""
