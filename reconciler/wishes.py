"""What people want, written down as overrides, and the loops told of it: whoever asks, from wherever."""

from __future__ import annotations

import getpass
import os
from collections.abc import Sequence
from typing import Literal, TypeAlias

from reconciler import journal, overrides
from reconciler.actions import Action, grant_of
from reconciler.actions.kill import directories_of
from reconciler.loop import KINDS
from reconciler.plan import TTL, Plan
from reconciler.state import Job, Known, Override, Verb
from reconciler.world import Machine

Steering: TypeAlias = Literal["suspend", "resume", "kill"]
"""What can be wanted of how a job runs."""


def write(
    machine: Machine,
    logs: str,
    verb: Verb,
    target: str,
    *,
    job: Job | None = None,
    span: float | None = None,
    why: str = "",
) -> Override:
    """Keep a wish. logs: the log directory. span: seconds until it is over. Raises MachineError."""
    machine.folder(journal.overrides_path(logs))
    now = machine.now()
    asked = Override(
        verb=verb,
        target=target,
        since=now,
        who=_who(),
        why=why,
        until=None if span is None else now.at + span,
        ident=job.ident if job is not None else None,
        plot_id=job.plot_id.value if job is not None and isinstance(job.plot_id, Known) else None,
        plotter=job.plotter if job is not None else None,
        directories=directories_of(job) if job is not None else (),
    )
    overrides.write(machine, logs, asked)
    return asked


def approve(machine: Machine, logs: str, plan: Plan, granted: Sequence[Action]) -> Override:
    """Let these actions of a saved plan happen, each of the State entry as the plan shows it. Raises MachineError.

    It ends with the plan, and never later than a plan of now would.
    """
    machine.folder(journal.overrides_path(logs))
    now = machine.now()
    grants = tuple(grant_of(action) for action in granted)
    asked = Override(
        verb="approve",
        target=journal.new_id(plan.host, plan.now, "\0".join(grant.action for grant in grants)),
        since=now,
        who=_who(),
        until=min(plan.expires_at, now.at + TTL),
        grants=grants,
    )
    overrides.write(machine, logs, asked)
    return asked


def steer(
    machine: Machine, logs: str, verb: Steering, job: Job, *, span: float | None = None, why: str = ""
) -> None:
    """Want it of a job. Raises MachineError.

    A job that was suspended by a wish goes on when that is taken back; one that was stopped for want of room, or by
    other hands, is kept running from now on.
    """
    if verb == "resume" and (job.run != "suspended" or job.suspended_by == "override"):
        overrides.withdraw(machine, logs, "suspend", job.id)
    else:
        write(machine, logs, verb, job.id, job=job, span=span, why=why)


def ring(machine: Machine, logs: str) -> bool:
    """Wake whatever loops run here; does one?"""
    heard = [machine.ring(journal.wake_path(logs, work)) for work in KINDS]
    return any(heard)


def _who() -> str:
    """Who runs this; containers know users by number only."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
