"""Stop a job where it stands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from reconciler import journal
from reconciler.noun import noun
from reconciler.steering import Steering
from reconciler.world import World

if TYPE_CHECKING:
    from reconciler.facts import Facts


@noun(kw_only=True)
class Suspend(Steering):
    """SIGSTOP to all of a job's processes, after a note that says who did it."""

    kind: Literal["suspend"] = "suspend"

    @property
    def key(self) -> str:
        """Equal for two plans that ask for the same."""
        return f"suspend {self.id} {self.ident.pid}.{self.ident.start}"

    def perform(self, world: World, facts: Facts) -> str:
        """Note, then signal. Raises MachineError where no process of it could be signalled."""
        machine = world.machine
        note = journal.note_path(facts.spec.directories.logs.path, self.id, "suspended")
        machine.note(note, json.dumps({"by": self.by, "at": facts.now.at, "why": "; ".join(self.why)}))
        machine.step("suspend: noted")
        return f"{self.signal(machine, 'stop')} stopped"
