"""End a job, and remove its temporary files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from reconciler import journal, trace
from reconciler.drift import Change
from reconciler.errors import MachineError
from reconciler.leaves import Leaf
from reconciler.noun import noun
from reconciler.plotters import names
from reconciler.state import Absent, Ident, Job, Known
from reconciler.want import Steer, Want
from reconciler.world import Ask, World

if TYPE_CHECKING:
    from reconciler.facts import Facts

PATIENCE = 10.0
"""Seconds that a job is given to end after SIGTERM, and again after SIGKILL."""


@noun(kw_only=True)
class Kill:
    """SIGTERM, then SIGKILL, to all of a job's processes; then its files go, proven by its plot id.

    plot_id: None: not known, so that no file can be proven to be its own; they stay, and it is said.
    directories: where its files may lie.
    """

    id: str
    ident: Ident | None
    leads: bool
    plotter: str
    plot_id: str | None
    directories: tuple[str, ...]
    old: Leaf | None
    new: Leaf | None
    why: tuple[str, ...]
    kind: Literal["kill"] = "kill"

    @classmethod
    def of(cls, change: Change, want: Want, why: tuple[str, ...]) -> Kill:
        """The action that makes a present job absent."""
        assert isinstance(want, Steer)
        job = want.job
        return cls(
            id=change.name,
            ident=job.ident,
            leads=job.leads,
            plotter=job.plotter,
            plot_id=job.plot_id.value if isinstance(job.plot_id, Known) else None,
            directories=directories_of(job),
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

    @property
    def key(self) -> str:
        """Equal for two plans that ask for the same."""
        return f"kill {self.id}"

    def perform(self, world: World, facts: Facts) -> str:
        """Note, end, remove. Raises MachineError where a process outlives SIGKILL or refuses the signal."""
        machine = world.machine
        logs = facts.spec.directories.logs.path
        trace.leave(machine, logs, "kill", self.id)
        note = json.dumps({"at": facts.now.at, "why": "; ".join(self.why)})
        machine.note(journal.note_path(logs, self.id, "killed"), note)
        machine.step("kill: noted")
        if self.ident is not None:
            self._end(world, self.ident)
        machine.step("kill: ended")
        return f"job {self.id} ended; {self._remove_files(world, facts)}"

    def _end(self, world: World, ident: Ident) -> None:
        machine = world.machine
        members = machine.members(ident, self.leads)
        if isinstance(members, Absent):
            return
        if not isinstance(members, Known):
            raise MachineError(f"job {self.id}: {members.why}")
        for signal in ("terminate", "kill"):
            sent = machine.signal(members.value, "terminate" if signal == "terminate" else "kill")
            # A stopped process takes SIGTERM only once it goes on.
            machine.signal(members.value, "continue")
            machine.step(f"kill: {signal} sent")
            if isinstance(sent, Absent) or self._gone(world, members.value):
                return
        raise MachineError(f"job {self.id}: pid {ident.pid} does not end; it may wait for a disk")

    def _gone(self, world: World, members: tuple[Ident, ...]) -> bool:
        """Wait for all of them to end, within PATIENCE."""
        machine = world.machine
        end = machine.now().up + PATIENCE
        while left := machine.alive(members):
            remaining = end - machine.now().up
            if remaining <= 0:
                return False
            machine.wait(left, remaining, "")
        return True

    def _remove_files(self, world: World, facts: Facts) -> str:
        """Names that carry this job's plot id, and those in its own folder; each as the inode that was seen."""
        machine = world.machine
        own = [f"{path}/{self.id}" for path in self.directories]
        surveys = machine.survey([Ask(path, names=True) for path in (*self.directories, *own)])
        removed = 0
        for path, survey in surveys.items():
            for entry in survey.value.entries if isinstance(survey, Known) else ():
                if not entry.folder and self._is_ours(facts, entry.name, path in own):
                    gone = machine.remove(f"{path}/{entry.name}", entry.inode)
                    machine.step("kill: file removed")
                    removed += isinstance(gone, Known)
        folders = [path for path in own if isinstance(surveys[path], Known)]
        for path in folders:
            machine.drop_folder(path)
        if self.plot_id is None and not folders:
            return "its plot id is not known, so its temporary files stay (`clean` finds them later)"
        return f"{removed} temporary files removed"

    def _is_ours(self, facts: Facts, name: str, in_own_folder: bool) -> bool:
        """A temporary file of this job? A finished plot is none, wherever it lies."""
        plot = names.parse(name)
        if plot is not None and not plot.temporary:
            return False
        temp = facts.plotters.temp(name)
        if temp is None:
            return False
        return in_own_folder or (self.plot_id is not None and temp.plot_id == self.plot_id)


def directories_of(job: Job) -> tuple[str, ...]:
    """Where a job's temporary files may lie."""
    paths = [fact.value for fact in (job.tmp, job.tmp2, job.dst) if isinstance(fact, Known)]
    return tuple(dict.fromkeys(paths))
