"""A machine as a document, `machine.yaml`: its parts and how fast they are, for simulations.

Everything about speed here is the owner's or an assumption; `alpha`, what is lost to crowding, is one by
kind of drive: 1 % a further stream for NVMe, 4 % for SATA SSDs, 15 % for hard disks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from reconciler.description.work import Work
from reconciler.errors import DocumentError, Problem
from reconciler.spec import faults, schemas, tree
from reconciler.spec.judge import ValidationError, judged
from reconciler.spec.loading import read_text
from reconciler.spec.model import Name, field, part
from reconciler.spec.units import AbsolutePath, Rate, Size

DriveKind: TypeAlias = Literal["nvme", "sata", "hdd"]
ALPHA: Mapping[DriveKind, float] = {"nvme": 0.01, "sata": 0.04, "hdd": 0.15}
"""What each further concurrent stream costs a drive of that kind, as a part of what is left: assumed."""


@part
class Drive:
    """One drive, or several that are alike and count as one."""

    name: Name = field(description="What results call it.")
    kind: DriveKind = field(default="hdd", description="nvme, sata (an SSD) or hdd.")
    bytes: Size = field(gt=0, description="How much it holds.", examples=["2TB"])
    read: Rate = field(description="What it reads alone.", examples=["3GB/s"])
    write: Rate = field(description="What it writes alone.", examples=["1.5GB/s"])
    alpha: float | None = field(
        default=None, ge=0, description="Loss for each further stream; left out: by its kind."
    )


@part
class LocalDrive(Drive):
    """A drive of the plotting machine. Paths that no drive carries lie on a system drive that costs nothing."""

    tmp: tuple[AbsolutePath, ...] = field(default=(), description="Directories for temporary files on it.")
    dst: tuple[AbsolutePath, ...] = field(default=(), description="Directories for finished plots on it.")
    farm: tuple[AbsolutePath, ...] = field(
        default=(), description="Where it takes plots as a farm disk of this machine."
    )

    @property
    def paths(self) -> tuple[str, ...]:
        """Every directory on it."""
        return tuple(dict.fromkeys((*self.tmp, *self.dst, *self.farm)))


@part
class FarmDisk(Drive):
    """A disk of a farmer."""

    path: AbsolutePath = field(description="Where it is mounted there.")


@part
class Farmer:
    """Another machine that plots go to."""

    host: str = field(description="Its address, as the spec has it.")
    link: Name | None = field(
        default=None, description="The network link to it; left out: none that matters."
    )
    disks: tuple[FarmDisk, ...] = field(min_length=1, description="Its disks.")


@part
class Contention:
    """What crowding costs beside the drives' alpha."""

    cpu: float = field(
        default=0,
        ge=0,
        lt=1,
        description="Part of the processors lost once twice as many are wanted as there are.",
    )
    alpha: float = field(default=1, ge=0, description="Factor on every drive's alpha.")

    @property
    def harsh(self) -> Contention:
        """Twice as much for drives, and up to 15 % of the processors."""
        return Contention(cpu=max(self.cpu, 0.15), alpha=2 * self.alpha)


@part
class MachineDescription:
    """A machine."""

    version: Literal[1] = field(description="Version of this document: 1.")
    about: str = field(default="", description="What it is, in a line.")
    cpus: int = field(ge=1, description="Logical processors.")
    memory: Size = field(gt=0, description="RAM.", examples=["64GB"])
    drives: tuple[LocalDrive, ...] = field(min_length=1, description="Its drives.")
    links: dict[Name, Rate] = field(
        default_factory=dict, description="Network links by name, with what each carries."
    )
    farmers: tuple[Farmer, ...] = field(default=(), description="The machines that plots go to.")
    work: tuple[Work, ...] = field(
        default=(),
        description="What plots take on this machine, by plotter. Left out: chiapos as measured in 2021.",
    )
    contention: Contention = field(default_factory=Contention, description="What crowding costs.")
    spread: float = field(
        default=0.02, ge=0, lt=1, description="How far jobs differ in work from the typical one, either way."
    )
    when_full: Literal["lose", "wait"] = field(
        default="lose",
        description="A job that finds tmp full is lost, the youngest writer first, and its files are removed; or "
        "it waits and tries again every five minutes, as chia does.",
    )

    def __post_init__(self) -> None:
        names = [drive.name for drive in self.drives]
        paths = [path for drive in self.drives for path in drive.paths]
        hosts = [farmer.host for farmer in self.farmers]
        for what, told in (("drive", names), ("path", paths), ("farmer", hosts)):
            for twice in sorted({each for each in told if told.count(each) > 1}):
                raise ValueError(f"names the {what} {twice} twice; each may stand once")
        for farmer in self.farmers:
            if farmer.link is not None and farmer.link not in self.links:
                known = ", ".join(self.links) or "none"
                raise ValueError(f"has {farmer.host} behind the link {farmer.link}; the links are {known}")

    def drive(self, path: str) -> LocalDrive | None:
        """The drive that a path lies on; None: the system's."""
        on = {each: drive for drive in self.drives for each in drive.paths}
        while path not in on and path not in ("", "/"):
            path = path.rpartition("/")[0]
        return on.get(path)

    def of_kind(self, role: Literal["tmp", "dst", "farm"]) -> Iterator[str]:
        """All directories of that role, in order."""
        return (path for drive in self.drives for path in getattr(drive, role))


def load_machine(path: str) -> MachineDescription:
    """Read a machine.yaml. Raises DocumentError with every fault at its place, SpecError where it is no text."""
    return parse_machine(read_text(path), path)


def parse_machine(text: str, name: str) -> MachineDescription:
    """The same of a text. name: what messages call it."""
    document = tree.read(text, name)
    problems = [problem for problem in document.problems if not problem.warning]
    if problems or not document.whole:
        raise DocumentError(problems)
    found = faults.by_schema(document.value, schemas.published("machine"))
    try:
        if not found:
            return judged(MachineDescription, document.value)
    except ValidationError as error:
        found = faults.by_model(error.errors(include_url=False), document)
    told: list[Problem] = [fault.at(document) for fault in found]
    raise DocumentError(sorted(told, key=lambda problem: (problem.line, problem.column)))
