"""What suspending and resuming share: a running job, and a signal to all of its processes."""

from __future__ import annotations

from typing import Literal, Self

from reconciler.drift import Change
from reconciler.errors import MachineError
from reconciler.leaves import Leaf
from reconciler.noun import noun
from reconciler.state import Absent, Ident, Known
from reconciler.want import Steer, Want
from reconciler.world import Machine


@noun(kw_only=True)
class Steering:
    """One job whose `run` is to change.

    ident: its oldest process. leads: that process leads its own session, so that all of the session is the job.
    by: the space rule, or a person's wish.
    """

    id: str
    ident: Ident
    leads: bool
    by: Literal["space", "override"]
    old: Leaf | None
    new: Leaf | None
    why: tuple[str, ...]

    @classmethod
    def of(cls, change: Change, want: Want, why: tuple[str, ...]) -> Self:
        """The action that changes how this job runs."""
        assert isinstance(want, Steer) and want.job.ident is not None
        return cls(
            id=change.name,
            ident=want.job.ident,
            leads=want.job.leads,
            by=want.by,
            old=change.old,
            new=change.new,
            why=why,
        )

    @property
    def path(self) -> str:
        """The State entry that it changes."""
        return f"jobs.{self.id}"

    @property
    def subject(self) -> str:
        """The job."""
        return self.id

    def signal(self, machine: Machine, what: Literal["stop", "continue"]) -> str:
        """Signal all processes of the job; how many they were, in words. Raises MachineError where none was."""
        members = machine.members(self.ident, self.leads)
        if not isinstance(members, Known):
            raise MachineError(f"job {self.id}: {members.why}")
        count = machine.signal(members.value, what)
        if isinstance(count, Absent):
            raise MachineError(f"job {self.id} ended before it could be signalled")
        if not isinstance(count, Known):
            raise MachineError(f"job {self.id}: {count.why}")
        return f"{count.value} process{'' if count.value == 1 else 'es'}"
