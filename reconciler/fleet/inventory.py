"""The fleet as other tools read it: Ansible's dynamic inventory, Prometheus' file_sd.

Formats: docs.ansible.com, "Developing dynamic inventory", and prometheus.io, "<file_sd_config>".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.errors import UsageError
from reconciler.fleet.members import Member

_NO_NAME = re.compile(r"[^A-Za-z0-9_]", re.ASCII)
_TEMPLATE = re.compile(r"\{[{%#]")


def ansible(members: Iterable[Member]) -> dict[str, Any]:
    """Hosts with how they are reached and their labels, and a group for each label: ``ring_canary``.

    Raises UsageError where two labels make one group, and for what Ansible would take for a template.
    """
    found = list(members)
    groups: dict[str, list[str]] = {}
    meant: dict[str, str] = {}
    for member in found:
        for key, value in member.labels.items():
            group = _once(meant, f"{key}={value}", _NO_NAME.sub("_", f"{key}_{value}"), "Ansible group")
            groups.setdefault(group, []).append(member.name)
    return {
        "_meta": {"hostvars": {member.name: _variables(member) for member in found}},
        "all": {"hosts": [member.name for member in found]},
        **{group: {"hosts": groups[group]} for group in sorted(groups)},
    }


def prometheus(members: Iterable[Member], port: int) -> list[dict[str, Any]]:
    """A target a host, with its labels. port: where hosts serve their metrics.

    Raises UsageError where two labels make one.
    """
    names: dict[str, str] = {}
    return [
        {
            "targets": [
                f"[{member.address}]:{port}" if ":" in member.address else f"{member.address}:{port}"
            ],
            "labels": {
                "host": member.name,
                **{_label(key, names): value for key, value in sorted(member.labels.items())},
            },
        }
        for member in members
    ]


def _variables(member: Member) -> Mapping[str, Any]:
    told = {
        "ansible_host": member.address,
        "ansible_user": member.host.user,
        "ansible_port": member.host.port,
        "plotman_file": member.path,
        "plotman_labels": dict(member.labels),
    }
    for text in (
        member.address,
        member.host.user or "",
        member.path,
        *member.labels,
        *member.labels.values(),
    ):
        if _TEMPLATE.search(text):
            raise UsageError(
                f"{member.path}: Ansible would take {text!r} for a template; write it without braces"
            )
    return {key: value for key, value in told.items() if value is not None}


def _label(key: str, names: dict[str, str]) -> str:
    name = _NO_NAME.sub("_", key)
    return _once(names, key, f"_{name}" if name[0].isdigit() or name == "host" else name, "Prometheus label")


def _once(meant: dict[str, str], source: str, name: str, kind: str) -> str:
    """The name, where nothing else is called so. meant: what each name is for, so far."""
    if meant.setdefault(name, source) != source:
        raise UsageError(f"{meant[name]} and {source} would be one {kind}, {name}; rename one of the labels")
    return name
