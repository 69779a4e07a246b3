"""Remove temporary files that no job owns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from reconciler import trace
from reconciler.drift import Change
from reconciler.leaves import Leaf, OrphanLeaf
from reconciler.noun import noun
from reconciler.state import Known
from reconciler.want import Want
from reconciler.world import Ask, World

if TYPE_CHECKING:
    from reconciler.facts import Facts


@noun(kw_only=True)
class Clean:
    """Remove these files of one plot from one directory."""

    name: str
    directory: str
    files: tuple[str, ...]
    old: Leaf | None
    new: Leaf | None
    why: tuple[str, ...]
    kind: Literal["clean"] = "clean"

    @classmethod
    def of(cls, change: Change, _want: Want, why: tuple[str, ...]) -> Clean:
        """The action that makes present leftovers absent."""
        leaf = change.old
        assert isinstance(leaf, OrphanLeaf)
        return cls(
            name=change.name,
            directory=leaf.directory,
            files=leaf.files,
            old=change.old,
            new=change.new,
            why=why,
        )

    @property
    def path(self) -> str:
        """The State entry that it changes."""
        return f"orphans.{self.name}"

    @property
    def subject(self) -> str:
        """The directory and plot id of the files."""
        return self.name

    @property
    def key(self) -> str:
        """Equal for two plans that ask for the same."""
        return f"clean {self.name}"

    def perform(self, world: World, facts: Facts) -> str:
        """Remove each file as the inode that stands there now. Raises MachineError where it cannot be counted."""
        trace.leave(world.machine, facts.spec.directories.logs.path, "clean", self.name)
        wanted = frozenset(self.files)
        survey = world.machine.survey([Ask(self.directory, names=True)])[self.directory]
        removed = 0
        for entry in survey.value.entries if isinstance(survey, Known) else ():
            if entry.name in wanted and not entry.folder:
                gone = world.machine.remove(f"{self.directory}/{entry.name}", entry.inode)
                world.machine.step("clean: file removed")
                removed += isinstance(gone, Known)
        if facts.directory(self.directory) is None:
            # No directory of the spec, but the own folder of a job that is gone.
            world.machine.drop_folder(self.directory)
        return f"{removed} of {len(self.files)} files removed from {self.directory}"
