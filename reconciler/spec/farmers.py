"""Where finished plots go: the farmers of a spec, and how plots get there."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from reconciler.noun import Following
from reconciler.spec.marks import after, before, limits
from reconciler.spec.model import Name, field, part
from reconciler.spec.quoting import show
from reconciler.spec.units import AbsolutePath, Day, HomePath, Rate, Size

Levels = Annotated[str, limits(pattern=r"^(<|<=|>|>=)?[0-9]{1,2}$", examples=["<7"])]
Contract = Annotated[
    str, limits(pattern=r"^(own|old|none|[a-z]{2,8}1[02-9ac-hj-np-z]{20,90})$", examples=["own", "xch1..."])
]
Argv = Annotated[tuple[Annotated[str, limits(min_length=1)], ...], limits(min_length=1)]

PLACEHOLDERS = ("source", "target", "plot", "bytes", "disk", "host", "user", "port")
"""What a program of the owner's own can be told, each written {name} in its arguments."""

_KIND = "local, rsync, rsyncd, sftp or command."


def _kind_is_needed(schema: dict[str, Any]) -> None:
    """A document names its transport; only code may leave that to the class."""
    schema.setdefault("required", []).insert(0, "kind")


@part
class ArchiveLimits:
    """How many transfers at once. What is left out or `auto` is for the tool to decide; a value is a limit."""

    transfers: Annotated[int, limits(ge=0)] | Literal["auto"] = field(
        default="auto",
        description="To this farmer at once. auto: two, and more as long as each brings more.",
        examples=[2, "auto"],
    )
    per_disk: Annotated[int, limits(ge=1)] | Literal["auto"] = field(
        default="auto", description="To one of its disks at once. auto: one.", examples=[1, "auto"]
    )
    per_source: Annotated[int, limits(ge=1)] | Literal["auto"] = field(
        default="auto",
        description="From one dst directory at once. auto: one, and more as long as its drive has the time; none "
        "while a plot lands there, where reading would take most of that time and nothing presses.",
        examples=[1, "auto"],
    )


@part
class Transport:
    """What every way to move a plot has."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = {"json_schema_extra": _kind_is_needed}

    bandwidth: Rate | None = field(
        default=None, description="At most so much a second, for each transfer.", examples=["80MB/s"]
    )
    ionice: Literal["normal", "idle"] = field(
        default="normal", description="idle: read the plot only while nothing else wants that drive."
    )


@part
class LocalTransport(Transport):
    """Copy to another disk of this machine; what was written is read back and compared by sha256."""

    kind: Literal["local"] = field(default="local", description=_KIND)


@part
class RsyncTransport(Transport):
    """rsync over ssh."""

    kind: Literal["rsync"] = field(default="rsync", description=_KIND)
    verify: Literal["size", "sha256"] = field(
        default="size",
        description="What is compared at the farmer before the plot gets its name: its size (rsync has "
        "checked the bytes as they came), or its sha256 too, read back from the disk.",
    )
    executable: str = field(default="rsync", description="rsync on this machine.")


@part
class RsyncdTransport(Transport):
    """An rsync daemon at the farmer."""

    kind: Literal["rsyncd"] = field(default="rsyncd", description=_KIND)
    module: Annotated[str, limits(pattern=r"^[^/\s][^/]*$", examples=["plots"])] = field(
        description="The daemon's module."
    )
    root: AbsolutePath = field(description="The farmer's folder that the module stands for.")
    port: int = field(default=873, ge=1, le=65535, description="The daemon's port.")
    user: str | None = field(default=None, description="Who to be for the daemon.")
    password_file: HomePath | None = field(
        default=None, description="A file with the password for the daemon."
    )
    ssh: bool = field(
        default=True,
        description="The farmer can be reached by ssh too, for its room and for the steps around a copy. "
        "false: there is only the daemon; then capacity says how large its disks are.",
    )
    capacity: Size | None = field(
        default=None,
        description="The size of each disk, where only the daemon can be asked.",
        examples=["16TB"],
    )
    verify: Literal["size", "sha256"] = field(
        default="size", description="As for rsync; with only a daemon every plot is read back there."
    )
    executable: str = field(default="rsync", description="rsync on this machine.")


@part
class SftpTransport(Transport):
    """SFTP, for farmers that have nothing but an ssh server.

    The copy is read back before it gets its name: by a hash at the farmer, where it can compute one, else over
    the network.
    """

    kind: Literal["sftp"] = field(default="sftp", description=_KIND)


@part
class CommandTransport(Transport):
    """A program of your own, without a shell."""

    kind: Literal["command"] = field(default="command", description=_KIND)
    argv: Argv = field(
        description="The program and its arguments, where {source}, {target}, {plot}, {bytes}, {disk}, {host}, "
        "{user} and {port} stand for what they say. {target} is the temporary name where ssh gives the plot its "
        "final one afterwards, else the final one.",
        examples=[["scp", "-P", "{port}", "{source}", "{user}@{host}:{target}"]],
    )
    verify: Argv | None = field(
        default=None,
        description="A program that ends with 0 only where the whole plot stands at {target}; without ssh no "
        "plot is moved unless there is one.",
    )
    ssh: bool = field(
        default=True,
        description="The farmer can be reached by ssh too, for its room and for the steps around a copy. false: its "
        "room is the program's to judge.",
    )


AnyTransport: TypeAlias = Annotated[
    LocalTransport | RsyncTransport | RsyncdTransport | SftpTransport | CommandTransport,
    limits(discriminator="kind"),
]
Plain: TypeAlias = Literal["local", "rsync", "sftp"]

KINDS: Mapping[str, type[LocalTransport | RsyncTransport | SftpTransport]] = {
    "local": LocalTransport,
    "rsync": RsyncTransport,
    "sftp": SftpTransport,
}
"""The transports that need no setting."""


@part
class PlotMatch:
    """Which plots. What a plot is, is read from its head. What is left out matches all."""

    k: tuple[int, ...] = field(default=(), description="Of these sizes.", examples=[[32]])
    compression: Levels | None = field(
        default=None,
        description="Of this compression level; a plain plot has 0.",
        examples=["<7", ">=5", "0"],
    )
    contract: Contract | None = field(
        default=None,
        description="Made for this pool contract; own: that of plotting.keys; old: any other, or a pool key; "
        "none: a pool key.",
        examples=["own", "xch1..."],
    )


@part
class OldPlots(PlotMatch):
    """Which plots at a farmer may give way to new ones."""

    before: Day | None = field(
        default=None, description="Not changed since this day.", examples=["2022-01-01"]
    )


def _says_something(match: OldPlots) -> OldPlots:
    if match == OldPlots():
        raise ValueError(
            "matches every plot, new ones too; say which are old: contract, compression, k or before"
        )
    return match


@part
class Replace:
    """Old plots that give way to new ones: as many as one new plot needs, when it is ready and no disk has room."""

    match: Annotated[OldPlots, after(_says_something)] = field(description="Which plots may be removed.")
    keep_free: Size = field(default=0, description="Room to make beside that of the new plot.")
    per_day: int = field(default=20, ge=0, description="At most so many are removed within 24 hours.")


Address = Annotated[str, limits(pattern=r"^[^\s@/-][^\s@/]*$", examples=["farmer1.lan"])]
User = Annotated[str, limits(pattern=r"^[^\s@/:-][^\s@/:]*$", examples=["chia"])]
Jump = Annotated[str, limits(pattern=r"^[^\s-][^\s]*$", examples=["me@gate.lan:22"])]
Disks: TypeAlias = Annotated[tuple[AbsolutePath, ...], limits(min_length=1)]


def _inside(folder: str) -> str:
    if {"", ".", ".."} & set(folder.split("/")):
        raise ValueError(
            f"{show(folder)} is no folder within a disk; write its path from the disk on, such as plots"
        )
    return folder


Folder = Annotated[str, limits(pattern=r"^[^/].*[^/]$|^[^/]$", examples=["plots"]), after(_inside)]


def _is_remote(data: Mapping[str, Any]) -> bool:
    return data.get("host") is not None


def _usual_transport(data: Mapping[str, Any]) -> RsyncTransport | LocalTransport:
    return RsyncTransport() if _is_remote(data) else LocalTransport()


def _one_disk(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _plain_transport(value: object) -> object:
    return {"kind": value} if isinstance(value, str) else value


SomeDisks: TypeAlias = Annotated[Disks, before(_one_disk, AbsolutePath | Disks)]
SomeTransport: TypeAlias = Annotated[AnyTransport, before(_plain_transport, AnyTransport | Plain)]


def fixed_part(pattern: str) -> str:
    """The folder above the first wildcard of a pattern; "/" for a plain path, which any mount point may hold."""
    steps = pattern.split("/")
    wild = next((n for n, step in enumerate(steps) if any(c in step for c in "*?[")), 0)
    return "/".join(steps[:wild]) or "/"


@part
class Archive:
    """A farmer: where finished plots go."""

    name: Name = field(description="A name for it, as it is shown.")
    host: Address | None = field(
        default=None,
        description="Its address, or its name in the ssh configuration. Left out: this machine.",
        examples=["farmer1.lan"],
    )
    user: User | None = field(default=None, description="Who to be there; left out: as ssh would.")
    port: int | None = field(default=None, ge=1, le=65535, description="Of its ssh server.")
    identity: HomePath | None = field(
        default=None, description="The private key's file.", examples=["~/.ssh/farm"]
    )
    jump: Jump | None = field(default=None, description="Reach it through this host: [user@]host[:port].")
    known_hosts: HomePath | None = field(
        default=None, description="The file with its host key; left out: ~/.ssh/known_hosts."
    )
    ssh_config: HomePath | None = field(
        default=None, description="The ssh configuration; left out: ~/.ssh/config."
    )
    disks: SomeDisks = field(
        description="Its disks: a path, a pattern such as /farm/*, or a list of them.",
        examples=["/farm/*"],
    )
    path: Folder | None = field(
        default=None,
        description="The folder on each disk that plots go to, made where it is missing. Left out: the disk itself.",
        examples=["plots"],
    )
    mount: bool = field(
        default_factory=Following(_is_remote),
        description="A disk that is no mount point of its own counts as absent. Left out: true for other machines.",
    )
    floor: Size = field(default=0, description="Room to leave free on each disk.", examples=["1GB"])
    order: Literal["emptiest", "fullest"] = field(
        default="emptiest", description="Which disk is filled first."
    )
    priority: int = field(default=0, description="Farmers of a higher one get plots first.")
    take: PlotMatch = field(default_factory=PlotMatch, description="Which plots it takes.")
    link: Name | None = field(
        default=None, description="The network link on the way there; archiving.links limits it."
    )
    transport: SomeTransport = field(
        default_factory=Following(_usual_transport),
        description="How plots get there. Left out: rsync to other machines, local on this one.",
    )
    limits: ArchiveLimits = field(default_factory=ArchiveLimits, description="How many transfers at once.")
    replace: Replace | None = field(
        default=None, description="Old plots that give way to new ones. Left out: none ever."
    )

    def target(self, disk: str) -> str:
        """The folder that plots go to on a disk."""
        return f"{disk.rstrip('/')}/{self.path}" if self.path else disk

    def beyond(self, target: str) -> str:
        """The path below which the mount point of a target folder's disk must lie."""
        disk = target.removesuffix(f"/{self.path}") if self.path else target
        for pattern in self.disks:
            steps = zip(pattern.split("/"), disk.split("/"), strict=False)
            if pattern.count("/") == disk.count("/") and all(fnmatchcase(step, want) for want, step in steps):
                return fixed_part(pattern)
        return "/"

    @property
    def by_ssh(self) -> bool:
        """Can it be asked by ssh?"""
        return self.host is not None and getattr(self.transport, "ssh", True)


@part
class Archiving:
    """What holds for all farmers together."""

    transfers: int | None = field(
        default=None,
        ge=0,
        description="At most so many transfers at once in all. Left out: no limit.",
        examples=[6],
    )
    links: dict[Name, Annotated[int, limits(ge=0)]] = field(
        default_factory=dict,
        description="At most so many transfers at once over each link, by the name that farmers give it.",
        examples=[{"wan": 1}],
    )
