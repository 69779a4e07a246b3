"""What specs of one repository say of their hosts' names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from reconciler.errors import Problem
from reconciler.spec.loaded import Loaded

FOLDER = "hosts"
"""The folder of a repository in which each host has its file."""

ENDINGS = (".yaml", ".yml", ".json")


def misnamed(loaded: Loaded) -> Iterator[Problem]:
    """A warning where a file of the hosts' folder is not called like its host."""
    folder, file = os.path.split(os.path.abspath(loaded.name))
    stem = os.path.splitext(file)[0]
    host = loaded.spec.host
    if host is not None and host.name != stem and os.path.basename(folder) == FOLDER:
        message = (
            f"{host.name} is not what the file {loaded.name} is called; write {stem}, or rename the file"
        )
        yield Problem(*loaded.place("host.name"), "host.name", message, "host-name", warning=True)


def namesakes(many: Iterable[Loaded]) -> Iterator[Problem]:
    """An error for each spec whose host has the name of an earlier one's."""
    first: dict[str, str] = {}
    for loaded in many:
        host = loaded.spec.host
        if host is None:
            continue
        other = first.setdefault(host.name, loaded.name)
        if other != loaded.name:
            message = f"{host.name} is the name of {other} and of {loaded.name}; give each host its own"
            yield Problem(*loaded.place("host.name"), "host.name", message, "duplicate-name")
