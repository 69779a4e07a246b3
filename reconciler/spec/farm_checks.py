"""Contradictions in what a spec says of its farmers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase

from reconciler.spec.farmers import (
    PLACEHOLDERS,
    CommandTransport,
    LocalTransport,
    RsyncdTransport,
)
from reconciler.spec.faults import Fault
from reconciler.spec.hints import nearest
from reconciler.spec.parts import Parts
from reconciler.spec.tree import Path, render

_OF_SSH = ("user", "port", "identity", "jump", "known_hosts", "ssh_config")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def _names(parts: Parts) -> Iterator[Fault]:
    first: dict[str, Path] = {}
    for path, archive in parts.archives:
        if archive.name in first:
            message = f"{archive.name} is also the name of {render(first[archive.name])}; names are unique"
            yield Fault((*path, "name"), message, "duplicate-name")
        first.setdefault(archive.name, path)


def _overlaps(parts: Parts) -> Iterator[Fault]:
    first: dict[tuple[str, str], Path] = {}
    for path, archive in parts.archives:
        here = isinstance(archive.transport, LocalTransport)
        # Without a host nobody knows which machine a program moves plots to.
        machine = "" if here else f"host {archive.host}" if archive.host else f"farmer {archive.name}"
        for index, disk in enumerate(archive.disks):
            place = (*path, "disks", index)
            if (machine, disk) in first:
                there = render(first[machine, disk])
                yield Fault(place, f"{disk} is also a disk of {there}; keep one", "duplicate-disk")
            first.setdefault((machine, disk), path)
            for role, where, source in _sources(disk, parts) if here else ():
                message = (
                    f"{disk} takes in {source}, a {role} directory ({render(where)}); "
                    "plots cannot be archived to where they come from"
                )
                yield Fault(place, message, "archive-is-source")


def _sources(disk: str, parts: Parts) -> Iterator[tuple[str, Path, str]]:
    """The directories that a disk's path or pattern takes in: role, place and path."""
    for role, directories in parts.directories.items():
        for where, directory in directories:
            if _matches(directory.path, disk) if _wild(disk) else directory.path == disk:
                yield role, where, directory.path


def _matches(path: str, pattern: str) -> bool:
    steps, wanted = path.split("/"), pattern.split("/")
    return len(steps) == len(wanted) and all(map(fnmatchcase, steps, wanted))


def _wild(disk: str) -> bool:
    return any(character in disk for character in "*?[")


def _hosts(parts: Parts) -> Iterator[Fault]:
    """A transport and a host that do not go together."""
    for path, archive in parts.archives:
        kind = archive.transport.kind
        place = (*path, "transport")
        if archive.host is not None:
            if kind == "local":
                message = f"local copies to disks of this machine, and host is {archive.host}; take one out"
                yield Fault(place, message, "transport")
            continue
        if kind not in ("local", "command"):
            message = f"{kind} goes to another machine, and no host is given; add host, or write local"
            yield Fault(place, message, "transport")
        for key in _OF_SSH:
            if getattr(archive, key) is not None:
                message = "is for another machine, and no host is given; add host, or take it out"
                yield Fault((*path, key), message, "no-host", key=True)


def _daemons(parts: Parts) -> Iterator[Fault]:
    for path, archive in parts.archives:
        transport = archive.transport
        if not isinstance(transport, RsyncdTransport):
            continue
        place = (*path, "transport")
        if not transport.ssh and transport.capacity is None:
            message = "without ssh nobody tells how large the disks are; add capacity, such as 16TB"
            yield Fault(place, message, "transport")
        if transport.ssh and transport.capacity is not None:
            message = "is not used, since ssh tells how large the disks are; take it out, or write ssh: false"
            yield Fault((*place, "capacity"), message, "transport", key=True, warning=True)
        for index, disk in enumerate(archive.disks):
            if not f"{disk}/".startswith(f"{transport.root.rstrip('/')}/"):
                message = (
                    f"{disk} does not lie below transport.root {transport.root}, which is all that the module "
                    f"{transport.module} reaches; correct one of them"
                )
                yield Fault((*path, "disks", index), message, "transport")


def _programs(parts: Parts) -> Iterator[Fault]:
    for path, archive in parts.archives:
        transport = archive.transport
        if not isinstance(transport, CommandTransport):
            continue
        place = (*path, "transport")
        if "{source}" not in " ".join(transport.argv):
            message = "names no {source}, so the program would not know what to move; add it"
            yield Fault((*place, "argv"), message, "placeholder")
        for key, argv in (("argv", transport.argv), ("verify", transport.verify or ())):
            for index, argument in enumerate(argv):
                for name in _PLACEHOLDER.findall(argument):
                    if name not in PLACEHOLDERS:
                        yield Fault((*place, key, index), _unknown(name), "placeholder")
        if archive.by_ssh:
            continue
        if transport.verify is None:
            message = (
                "has no verify, and without ssh nobody else sees whether a plot has arrived; its plots stay "
                "here and are held. Add verify"
            )
            yield Fault(place, message, "transport", warning=True)
        for index, disk in enumerate(archive.disks):
            if _wild(disk):
                message = f"{disk} holds a wildcard, and without ssh nobody can tell what it stands for; "
                yield Fault((*path, "disks", index), f"{message}list the disks", "transport")


def _unknown(name: str) -> str:
    near = nearest(name, PLACEHOLDERS)
    known = ", ".join(f"{{{one}}}" for one in PLACEHOLDERS)
    hint = f"did you mean {{{near}}}?" if near else f"there are {known}"
    return f"{{{name}}} stands for nothing; {hint}"


def _links(parts: Parts) -> Iterator[Fault]:
    if parts.archiving is None:
        return
    links = parts.archiving.links
    used = set()
    for path, archive in parts.archives:
        if archive.link is None:
            continue
        used.add(archive.link)
        if archive.link not in links:
            near = nearest(archive.link, links)
            hint = f"did you mean {near}?" if near else f"add there, for example, {archive.link}: 1"
            yield Fault((*path, "link"), f"{archive.link} is not named in archiving.links; {hint}", "link")
    for link in links:
        if link not in used:
            message = "limits nothing, since no farmer has this link; add link to a farmer, or take it out"
            yield Fault(("archiving", "links", link), message, "link", key=True, warning=True)


def _replacing(parts: Parts) -> Iterator[Fault]:
    for path, archive in parts.archives:
        kind = archive.transport.kind
        if archive.replace is None or archive.by_ssh or kind == "local":
            continue
        message = (
            f"what a plot is gets read from its head, and with {kind} without ssh nobody can; give ssh, or "
            "take replace out"
        )
        yield Fault((*path, "replace"), message, "replace", key=True)


def _matching(parts: Parts) -> Iterator[Fault]:
    """Matches that cannot match anything."""
    keys = parts.keys
    for path, archive in parts.archives:
        matches = [((*path, "take"), archive.take)]
        if archive.replace is not None:
            matches.append(((*path, "replace", "match"), archive.replace.match))
        for place, match in matches:
            if match.compression is not None and re.fullmatch("<0+", match.compression):
                message = f"{match.compression} is no plot; the lowest level is 0"
                yield Fault((*place, "compression"), message, "match")
            named = keys is None or keys.contract is not None or keys.pool is not None
            if match.contract in ("own", "old") and not named:
                message = (
                    f"{match.contract} is told by plotting.keys, where neither contract nor pool is given; "
                    "add one, or write the address itself"
                )
                yield Fault((*place, "contract"), message, "match")


CHECKS: tuple[Callable[[Parts], Iterator[Fault]], ...] = (
    _names,
    _overlaps,
    _hosts,
    _daemons,
    _programs,
    _links,
    _replacing,
    _matching,
)
