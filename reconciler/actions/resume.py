"""Let a job go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from reconciler import journal
from reconciler.noun import noun
from reconciler.steering import Steering
from reconciler.world import World

if TYPE_CHECKING:
    from reconciler.facts import Facts


@noun(kw_only=True)
class Resume(Steering):
    """SIGCONT to all of a job's processes; the note goes once they run."""

    kind: Literal["resume"] = "resume"

    @property
    def key(self) -> str:
        """Equal for two plans that ask for the same."""
        return f"resume {self.id} {self.ident.pid}.{self.ident.start}"

    def perform(self, world: World, facts: Facts) -> str:
        """Signal, then forget the note. Raises MachineError where no process of it could be signalled."""
        machine = world.machine
        told = f"{self.signal(machine, 'continue')} continued"
        machine.step("resume: signalled")
        machine.remove(journal.note_path(facts.spec.directories.logs.path, self.id, "suspended"))
        return told
