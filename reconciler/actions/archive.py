"""Move a plot to a farmer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from reconciler.detached import begin
from reconciler.drift import Change
from reconciler.errand import Errand, entry_of, to_argv, way_of
from reconciler.leaves import Leaf
from reconciler.noun import noun
from reconciler.want import Move, Want
from reconciler.world import World

if TYPE_CHECKING:
    from reconciler.facts import Facts


@noun(kw_only=True)
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
        archive = facts.spec.archiver(self.farmer)
        logs = facts.spec.directories.logs.path
        body: dict[str, str | int] = {
            "plot": self.plot,
            "source": self.source,
            "bytes": self.bytes,
            "farmer": self.farmer,
            "disk": self.disk,
            "transport": archive.transport.kind,
            "entry": entry_of(archive),
        }

        def program(transfer: str) -> Sequence[str]:
            errand = Errand(
                plot=self.plot,
                source=self.source,
                farmer=self.farmer,
                disk=self.disk,
                transport=archive.transport.kind,
                host=world.machine.host,
                id=transfer,
                logs=logs,
                way=way_of(archive, self.disk),
            )
            return "reconciler.transports.mover", *to_argv(errand)

        ident = begin(world.machine, logs, "move", self.plot, body, program)
        return f"pid {ident.pid} moves it"
