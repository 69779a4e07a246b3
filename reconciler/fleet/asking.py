"""Every host of a fleet is asked by ssh for its report: side by side, each in one round trip, each with a deadline."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from reconciler.errors import FarmerError
from reconciler.fleet.members import Member
from reconciler.fleet.report import Reply, from_json

if TYPE_CHECKING:
    from reconciler.remote.ran import Ran

AT_ONCE = 32
"""Hosts that are asked at the same time."""

NOT_FOUND = 127
"""A shell's exit code for a command that is not there."""

REFUSING = frozenset({"broken"})
"""Kinds of failure of a host that was reached: it let us in, and then did not do as it should."""


def ask(members: Sequence[Member], command: str, timeout: float, config: str | None = None) -> list[Reply]:
    """What came of each, in their order. Takes as long as the slowest, and `timeout` for each AT_ONCE at most.

    command: how plotman is called there, as a shell reads it. timeout: seconds for one host, from connecting on.
    config: an ssh configuration file; None: the user's own.
    """
    if not members:
        return []
    with ThreadPoolExecutor(min(AT_ONCE, len(members)), thread_name_prefix="fleet") as pool:
        return list(pool.map(partial(_ask, command=command, timeout=timeout, config=config), members))


def _ask(member: Member, *, command: str, timeout: float, config: str | None) -> Reply:
    from reconciler.remote.shell import Shell, Silent

    reply = Reply(name=member.name, labels=member.labels)
    ends = time.monotonic() + timeout

    def waiting() -> None:
        if time.monotonic() > ends:
            raise Silent(f"{member.address} has not answered within {timeout:g} s")

    try:
        with Shell(member.login(config), connect=timeout / 2) as shell:
            ran = shell.run(f"exec {command} fleet report", deadline=timeout, waiting=waiting)
    except FarmerError as error:
        if error.kind in REFUSING:
            return replace(reply, trouble=str(error))
        return replace(reply, trouble=str(error), kind=error.kind)
    except Exception as error:
        # Whatever it is, it costs this host its row, not the others theirs.
        return replace(reply, trouble=f"{type(error).__name__}: {error}", kind="broken")
    return _heard(reply, ran, command)


def _heard(reply: Reply, ran: Ran, command: str) -> Reply:
    said = ran.err.strip().splitlines()
    if ran.code == NOT_FOUND:
        return replace(reply, trouble=f"there is no {command} on its PATH; name it with --command")
    if ran.code != 0:
        return replace(
            reply, trouble=said[-1] if said else f"{command} ended with {ran.code}, without a word"
        )
    try:
        return replace(reply, report=from_json(ran.out))
    except ValueError as error:
        return replace(reply, trouble=f"{command} fleet report has printed {error}")
