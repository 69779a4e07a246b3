"""The hosts of a fleet: one file each, ``hosts/*.yaml``, whose spec says what the host is called."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeAlias

from reconciler.errors import DocumentError, Problem, UsageError
from reconciler.fleet.limit import Limit
from reconciler.inquiry import Login
from reconciler.noun import noun
from reconciler.spec.host import Host
from reconciler.spec.loaded import Loaded
from reconciler.spec.models import Spec

ENDINGS = (".yaml", ".yml", ".json")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


@noun
class Member:
    """One host. path: its file; digest: of its spec."""

    name: str
    path: str
    spec: Spec
    digest: str

    @property
    def host(self) -> Host:
        """What the spec says of the machine; where it says nothing, only the name."""
        return self.spec.host or Host(name=self.name)

    @property
    def labels(self) -> Mapping[str, str]:
        """What it is told apart by."""
        return self.host.labels

    @property
    def address(self) -> str:
        """How ssh reaches it."""
        return self.host.address or self.name

    def login(self, config: str | None) -> Login:
        """How it is logged into. config: an ssh configuration file; None: the user's own."""
        return Login(host=self.address, user=self.host.user, port=self.host.port, config=config)


Broken: TypeAlias = tuple[Problem, ...]
"""What is wrong with a file of which no member can be made."""


@noun
class Fleet:
    """members: by name. broken: the files that are no specs, by path."""

    members: tuple[Member, ...]
    broken: Mapping[str, Broken]

    def named(self) -> Mapping[str, Member]:
        """The members by their names."""
        return {member.name: member for member in self.members}

    def twin(self, member: Member) -> Member | Broken | None:
        """The host of the same name; else what is wrong with the file of that name; None: there is none."""
        broken = {stem(path): found for path, found in self.broken.items()}
        return self.named().get(member.name) or broken.get(stem(member.path))

    def chosen(self, limit: Limit, names: Collection[str]) -> Fleet:
        """Those that are meant. names: of hosts; none: all.

        A broken file is who its name says, and stays whatever the labels: nobody knows them.

        Raises UsageError for a name that no host has.
        """
        known = {member.name for member in self.members} | {stem(path) for path in self.broken}
        if unknown := sorted(set(names) - known):
            raise UsageError(f"there is no host {unknown[0]!r}; `plotman fleet list` shows them")
        meant = (each for each in self.members if limit.admits(each.labels))
        return Fleet(
            tuple(each for each in meant if not names or each.name in names),
            {path: found for path, found in self.broken.items() if not names or stem(path) in names},
        )


def files(folder: str) -> tuple[str, ...]:
    """The hosts' files, by name. Raises UsageError where there is no such folder, or none in it."""
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise UsageError(f"{folder} cannot be read: {why}; name the hosts' folder with --hosts") from None
    found = [name for name in names if name.endswith(ENDINGS) and not name.startswith(".")]
    if not found:
        raise UsageError(f"{folder} holds no *.yaml; name the hosts' folder with --hosts")
    return tuple(os.path.join(folder, name) for name in found)


def stem(path: str) -> str:
    """A file's name without folder and ending: what a host is called that does not say so."""
    return os.path.splitext(os.path.basename(path))[0]


def read(path: str, load: Callable[[str], Loaded]) -> Member | Broken:
    """One file's host, or what is wrong with it."""
    try:
        loaded = load(path)
    except DocumentError as error:
        return error.problems
    name = loaded.spec.host.name if loaded.spec.host is not None else stem(path)
    if not _NAME.fullmatch(name):
        message = "is missing, and the file's name can be none; write host: {name: h07}"
        return (Problem(path, 1, 1, "host.name", message, "missing-key"),)
    return Member(name, path, loaded.spec, loaded.digest)


def gather(read: Iterable[tuple[str, Member | Broken]]) -> Fleet:
    """The fleet of what each path has given. A name is one file's: of several, all but the first are broken."""
    members: dict[str, Member] = {}
    broken: dict[str, Broken] = {}
    for path, found in read:
        if not isinstance(found, Member):
            broken[path] = found
        elif found.name in members:
            message = f"{found.name!r} is the name of {members[found.name].path} already; give it another"
            broken[path] = (Problem(path, 0, 0, "host.name", message, "duplicate-key"),)
        else:
            members[found.name] = found
    return Fleet(tuple(members[name] for name in sorted(members)), broken)
