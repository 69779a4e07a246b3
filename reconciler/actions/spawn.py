"""Start a job."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from reconciler import journal
from reconciler import want as wants
from reconciler.drift import Change
from reconciler.errors import AlreadyStarted, MachineError
from reconciler.journal import Record
from reconciler.leaves import JobLeaf, Leaf
from reconciler.noun import noun
from reconciler.want import Want
from reconciler.world import Command, World

if TYPE_CHECKING:
    from reconciler.facts import Facts


@noun(kw_only=True)
class Spawn:
    """A new job with that id.

    at: wall clock of the observation that asked for it. Id and time make the log's name, which can be
    created only once, and so the job can be started only once.
    """

    id: str
    at: float
    tmp: str
    tmp2: str | None
    dst: str
    old: Leaf | None
    new: Leaf | None
    why: tuple[str, ...]
    kind: Literal["spawn"] = "spawn"

    @classmethod
    def of(cls, change: Change, want: Want, why: tuple[str, ...]) -> Spawn:
        """The action that makes an absent job present."""
        leaf = change.new
        assert isinstance(leaf, JobLeaf) and leaf.tmp is not None and leaf.dst is not None
        assert isinstance(want, wants.Spawn)
        return cls(
            id=change.name,
            at=want.at,
            tmp=leaf.tmp,
            tmp2=leaf.tmp2,
            dst=leaf.dst,
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
        """The tmp directory that gets a job."""
        return self.tmp

    @property
    def key(self) -> str:
        """Equal for two plans that ask for the same; the id is drawn from the clock and so left out."""
        return f"spawn {self.tmp} {self.tmp2 or '-'} {self.dst}"

    def perform(self, world: World, facts: Facts) -> str:
        """Start it. Raises MachineError (AlreadyStarted where this id was started before)."""
        plotting, order = facts.spec.plotting, facts.order(self.tmp, self.tmp2, self.dst)
        definition = facts.plotters.get(plotting.plotter) if plotting is not None else None
        if plotting is None or order is None or definition is None:
            raise MachineError("the spec names no plotter that is known here")
        folders: tuple[str, ...] = ()
        if definition.own_folder and definition.uses_tmp(plotting.options):
            # For this job alone, since its temporary files will not tell whose they are.
            tmp, tmp2 = f"{self.tmp}/{self.id}", f"{self.tmp2}/{self.id}" if self.tmp2 is not None else None
            order = replace(order, tmp=tmp, tmp2=tmp2)
            folders = (tmp, tmp2) if tmp2 is not None else (tmp,)
        argv = definition.build(order)
        now = world.machine.now()
        record = Record(
            id=self.id,
            kind="plot",
            host=world.machine.host,
            when=now,
            body={
                "plotter": plotting.plotter,
                "k": plotting.k,
                "tmp": self.tmp,
                "tmp2": self.tmp2,
                "dst": self.dst,
            },
        )
        log = journal.log_path(facts.spec.directories.logs.path, self.at, self.id, "plot")
        command = Command(argv=argv, env={"PLOTMAN_JOB": self.id}, nice=plotting.nice)
        try:
            for path in folders:
                world.machine.folder(path)
                world.machine.step("spawn: folder made")
            ident = world.machine.start(log, record.line(), command)
        except MachineError as error:
            # The folders of a job that was started before are in use.
            for path in folders if not isinstance(error, AlreadyStarted) else ():
                world.machine.drop_folder(path)
            raise
        return f"job {self.id} runs as pid {ident.pid}, log {os.path.basename(log)}"
