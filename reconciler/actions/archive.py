"""Move a plot to a farmer."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from reconciler import journal
from reconciler.drift import Change, Leaf
from reconciler.errand import Errand, entry_of, to_argv, way_of
from reconciler.journal import Record
from reconciler.want import Move, Want
from reconciler.world import Command, World

if TYPE_CHECKING:
    from reconciler.facts import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """Start the detached process that moves it, and that alone removes the source in the end."""

    plot: str
    source: str
    bytes: int
    farmer: str
    disk: str
    old: Leaf | None
    new: Leaf | None
    why: tuple[str, ...]
    kind: Literal["archive"] = "archive"

    @classmethod
    def of(cls, change: Change, want: Want, why: tuple[str, ...]) -> Archive:
        """The action that changes where a plot is."""
        assert isinstance(want, Move)
        return cls(
            plot=change.name,
            source=want.plot.directory,
            bytes=want.plot.bytes,
            farmer=want.farmer,
            disk=want.disk,
            old=change.old,
            new=change.new,
            why=why,
        )

    @property
    def path(self) -> str:
        """The State entry that it changes."""
        return f"plots.{self.plot}"

    @property
    def subject(self) -> str:
        """The plot."""
        return self.plot

    @property
    def key(self) -> str:
        """Equal for two plans that ask for the same."""
        return f"archive {self.plot} {self.source} {self.farmer}:{self.disk}"

    def perform(self, world: World, facts: Facts) -> str:
        """Start the mover. Raises MachineError."""
        machine = world.machine
        now = machine.now()
        archive = facts.spec.archiver(self.farmer)
        told = "\0".join((machine.host, now.boot, f"{now.at:.6f}", f"{now.up:.6f}", self.plot))
        transfer = hashlib.sha256(told.encode()).hexdigest()[:12]
        record = Record(
            id=transfer,
            kind="move",
            host=machine.host,
            when=now,
            body={
                "plot": self.plot,
                "source": self.source,
                "bytes": self.bytes,
                "farmer": self.farmer,
                "disk": self.disk,
                "transport": archive.transport.kind,
                "entry": entry_of(archive),
            },
        )
        logs = facts.spec.directories.logs.path
        errand = Errand(
            plot=self.plot,
            source=self.source,
            farmer=self.farmer,
            disk=self.disk,
            transport=archive.transport.kind,
            host=machine.host,
            id=transfer,
            logs=logs,
            way=way_of(archive, self.disk),
        )
        argv = (sys.executable, "-m", "reconciler.transports.mover", *to_argv(errand))
        log = journal.log_path(logs, now.at, transfer, "move")
        ident = machine.start(log, record.line(), Command(argv=argv, env={"PLOTMAN_MOVE": transfer}))
        return f"pid {ident.pid} moves it"
