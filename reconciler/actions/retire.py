"""Remove an old plot at a farmer, for a new one to have its room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from reconciler.detached import begin
from reconciler.drift import Change
from reconciler.errand import Farewell, entry_of, to_argv, way_of
from reconciler.leaves import Leaf
from reconciler.noun import noun
from reconciler.want import Retire as Wanted
from reconciler.want import Want
from reconciler.world import World

if TYPE_CHECKING:
    from reconciler.facts import Facts


@noun(kw_only=True)
class Retire:
    """Start the detached process that proves what the plot is, and removes it.

    plot, bytes, modified, k, compression, contract: the old plot as `farmer.OldPlot`. heir: the new one's name.
    """

    plot: str
    bytes: int
    modified: float
    k: int
    compression: int
    contract: str
    farmer: str
    disk: str
    heir: str
    old: Leaf | None
    new: Leaf | None
    why: tuple[str, ...]
    kind: Literal["retire"] = "retire"

    @classmethod
    def of(cls, change: Change, want: Want, why: tuple[str, ...]) -> Retire:
        """The action that makes an old plot absent."""
        assert isinstance(want, Wanted)
        return cls(
            plot=want.plot.name,
            bytes=want.plot.bytes,
            modified=want.plot.modified,
            k=want.plot.k,
            compression=want.plot.compression,
            contract=want.plot.contract,
            farmer=want.heir.farmer,
            disk=want.heir.disk,
            heir=want.heir.plot.name,
            old=change.old,
            new=change.new,
            why=why,
        )

    @property
    def path(self) -> str:
        """The State entry that it changes."""
        return f"farmers.{self.subject}"

    @property
    def subject(self) -> str:
        """The old plot, and where it stands."""
        return f"{self.farmer}:{self.disk}/{self.plot}"

    @property
    def key(self) -> str:
        """Equal for two plans that ask for the same."""
        return f"retire {self.subject} for {self.heir}"

    def perform(self, world: World, facts: Facts) -> str:
        """Start the remover. Raises MachineError."""
        archive = facts.spec.archiver(self.farmer)
        logs = facts.spec.directories.logs.path
        body: dict[str, str | int] = {
            "plot": self.plot,
            "bytes": self.bytes,
            "farmer": self.farmer,
            "disk": self.disk,
            "heir": self.heir,
            "entry": entry_of(archive),
        }

        def program(removal: str) -> Sequence[str]:
            farewell = Farewell(
                plot=self.plot,
                bytes=self.bytes,
                modified=self.modified,
                k=self.k,
                compression=self.compression,
                contract=self.contract,
                farmer=self.farmer,
                disk=self.disk,
                transport=archive.transport.kind,
                id=removal,
                logs=logs,
                way=way_of(archive, self.disk),
            )
            return "reconciler.transports.remover", *to_argv(farewell)

        ident = begin(world.machine, logs, "retire", self.subject, body, program)
        return f"pid {ident.pid} removes it"
