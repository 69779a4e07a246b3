"""Let a job go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from reconciler import journal
from reconciler.drift import Change, Leaf
from reconciler.errors import MachineError
from reconciler.state import Absent, Ident, Known
from reconciler.want import Steer, Want
from reconciler.world import World

if TYPE_CHECKING:
    from reconciler.facts import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """SIGCONT to all of a job's processes; the note goes once they run."""

    id: str
    ident: Ident
    leads: bool
    old: Leaf | None
    new: Leaf | None
    why: tuple[str, ...]
    kind: Literal["resume"] = "resume"

    @classmethod
    def of(cls, change: Change, want: Want, why: tuple[str, ...]) -> Resume:
        """The action that turns suspended into running."""
        assert isinstance(want, Steer) and want.job.ident is not None
        job = want.job
        assert job.ident is not None
        return cls(id=change.name, ident=job.ident, leads=job.leads, old=change.old, new=change.new, why=why)

    @property
    def path(self) -> str:
        """The State entry that it changes."""
        return f"jobs.{self.id}"

    @property
    def subject(self) -> str:
        """The job."""
        return self.id

    @property
    def key(self) -> str:
        """Equal for two plans that ask for the same."""
        return f"resume {self.id} {self.ident.pid}.{self.ident.start}"

    def perform(self, world: World, facts: Facts) -> str:
        """Signal, then forget the note. Raises MachineError where no process of it could be signalled."""
        machine = world.machine
        members = machine.members(self.ident, self.leads)
        if not isinstance(members, Known):
            raise MachineError(f"job {self.id}: {members.why}")
        count = machine.signal(members.value, "continue")
        if isinstance(count, Absent):
            raise MachineError(f"job {self.id} ended before it could be resumed")
        if not isinstance(count, Known):
            raise MachineError(f"job {self.id}: {count.why}")
        machine.step("resume: signalled")
        machine.remove(journal.note_path(facts.spec.directories.logs.path, self.id, "suspended"))
        return f"{count.value} process{'' if count.value == 1 else 'es'} continued"
