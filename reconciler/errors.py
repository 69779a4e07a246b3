"""Every error that a caller may want to catch, each named for what went wrong.

::

    PlotmanError                exit 1
      x UsageError              exit 64   the command line asks for something that cannot be
      x DocumentError           exit 65   a document from outside is not what its schema and models say
        + SpecError                       the spec
            x SourceError       exit 4    the repository that it comes from has not given one yet
        + PlotterError                    a plotter definition
      x LockHeld                exit 5    another writer holds the lock
      x StalePlan               exit 3    a saved plan no longer fits the world
      x MachineError            exit 1    this machine refused something that an action needs
        + AlreadyStarted                  the log of that job or transfer exists: it was started before
      x FarmerError             exit 4    another machine cannot be reached, or did not do what it was asked

Messages tell where, what was found, and what would be right.
"""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.noun import noun


class PlotmanError(Exception):
    """The root: whatever this package raises on purpose."""

    exit_code = 1


class UsageError(PlotmanError):
    """The command line asks for something that cannot be."""

    exit_code = 64


@noun
class Problem:
    """One thing wrong in a document from outside.

    file: the document's name as the user gave it.
    line, column: where, counted from 1; 0 where the place is not known.
    path: the key's path, ``directories.tmp[1].floor``; empty for the whole document.
    message: what is wrong, and what would be right.
    rule: a short stable name for the kind of fault, ``unknown-key``.
    warning: worth saying, yet the document is usable.
    """

    file: str
    line: int
    column: int
    path: str
    message: str
    rule: str
    warning: bool = False

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        subject = f" {self.path}:" if self.path else ""
        kind = " warning" if self.warning else ""
        return f"{where}:{subject} {self.message} [{self.rule}]{kind}"


class DocumentError(PlotmanError):
    """A document from outside is not what its schema and models say.

    problems: every fault found, in the document's order.
    """

    exit_code = 65

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


class SpecError(DocumentError):
    """The spec is not usable."""


class SourceError(SpecError):
    """The repository that the spec comes from has not given one yet."""

    exit_code = 4


class PlotterError(DocumentError):
    """A plotter definition is not usable."""


class LockHeld(PlotmanError):
    """Another writer holds the lock; the message names the holder."""

    exit_code = 5


class StalePlan(PlotmanError):
    """A saved plan no longer fits the world; the message lists each leaf as expected and as found."""

    exit_code = 3


class MachineError(PlotmanError):
    """This machine refused something that an action needs."""


class AlreadyStarted(MachineError):
    """The log of that job or transfer exists: it was started before."""


class FarmerError(PlotmanError):
    """Another machine cannot be reached, or did not do what it was asked.

    kind: the failure's stable name, as in `inquiry.Heard`.
    """

    exit_code = 4

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)
