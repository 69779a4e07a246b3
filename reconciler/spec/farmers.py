"""Where finished plots go: the farmers of a spec, and how plots get there."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import ConfigDict, Field, field_validator

from reconciler.spec.model import Model, Name
from reconciler.spec.units import AbsolutePath, Day, HomePath, Rate, Size

Levels = Annotated[str, Field(pattern=r"^(<|<=|>|>=)?[0-9]{1,2}$", examples=["<7"])]
Contract = Annotated[
    str, Field(pattern=r"^(own|old|none|[a-z]{2,8}1[02-9ac-hj-np-z]{20,90})$", examples=["own", "xch1..."])
]
Argv = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]

PLACEHOLDERS = ("source", "target", "plot", "bytes", "disk", "host", "user", "port")
"""What a program of the owner's own can be told, each written {name} in its arguments."""

_KIND = "local, rsync, rsyncd, sftp or command."


def _kind_is_needed(schema: dict[str, Any]) -> None:
    """A document names its transport; only code may leave that to the class."""
    schema.setdefault("required", []).insert(0, "kind")


class ArchiveLimits(Model):
    """How many transfers at once. What is left out or `auto` is for the tool to decide; a value is a limit."""

    transfers: Annotated[int, Field(ge=0)] | Literal["auto"] = Field(
        default="auto",
        description="To this farmer at once. auto: two, and more as long as each brings more.",
        examples=[2, "auto"],
    )
    per_disk: Annotated[int, Field(ge=1)] | Literal["auto"] = Field(
        default="auto", description="To one of its disks at once. auto: one.", examples=[1, "auto"]
    )
    per_source: Annotated[int, Field(ge=1)] | Literal["auto"] = Field(
        default="auto",
        description="From one dst directory at once. auto: one, and more as long as its drive has the time; none "
        "while a plot lands there, where reading would take most of that time and nothing presses.",
        examples=[1, "auto"],
    )


class Transport(Model):
    """What every way to move a plot has."""

    model_config = ConfigDict(json_schema_extra=_kind_is_needed)

    bandwidth: Rate | None = Field(
        default=None, description="At most so much a second, for each transfer.", examples=["80MB/s"]
    )
    ionice: Literal["normal", "idle"] = Field(
        default="normal", description="idle: read the plot only while nothing else wants that drive."
    )


class LocalTransport(Transport):
    """Copy to another disk of this machine; what was written is read back and compared by sha256."""

    kind: Literal["local"] = Field(default="local", description=_KIND)


class RsyncTransport(Transport):
    """rsync over ssh."""

    kind: Literal["rsync"] = Field(default="rsync", description=_KIND)
    verify: Literal["size", "sha256"] = Field(
        default="size",
        description="What is compared at the farmer before the plot gets its name: its size (rsync has "
        "checked the bytes as they came), or its sha256 too, read back from the disk.",
    )
    executable: str = Field(default="rsync", description="rsync on this machine.")


class RsyncdTransport(Transport):
    """An rsync daemon at the farmer."""

    kind: Literal["rsyncd"] = Field(default="rsyncd", description=_KIND)
    module: Annotated[str, Field(pattern=r"^[^/\s][^/]*$", examples=["plots"])] = Field(
        description="The daemon's module."
    )
    root: AbsolutePath = Field(description="The farmer's folder that the module stands for.")
    port: int = Field(default=873, ge=1, le=65535, description="The daemon's port.")
    user: str | None = Field(default=None, description="Who to be for the daemon.")
    password_file: HomePath | None = Field(
        default=None, description="A file with the password for the daemon."
    )
    ssh: bool = Field(
        default=True,
        description="The farmer can be reached by ssh too, for its room and for the steps around a copy. "
        "false: there is only the daemon; then capacity says how large its disks are.",
    )
    capacity: Size | None = Field(
        default=None,
        description="The size of each disk, where only the daemon can be asked.",
        examples=["16TB"],
    )
    verify: Literal["size", "sha256"] = Field(
        default="size", description="As for rsync; with only a daemon every plot is read back there."
    )
    executable: str = Field(default="rsync", description="rsync on this machine.")


class SftpTransport(Transport):
    """SFTP, for farmers that have nothing but an ssh server.

    The copy is read back before it gets its name: by a hash at the farmer, where it can compute one, else over
    the network.
    """

    kind: Literal["sftp"] = Field(default="sftp", description=_KIND)


class CommandTransport(Transport):
    """A program of your own, without a shell."""

    kind: Literal["command"] = Field(default="command", description=_KIND)
    argv: Argv = Field(
        description="The program and its arguments, where {source}, {target}, {plot}, {bytes}, {disk}, {host}, "
        "{user} and {port} stand for what they say. {target} is the temporary name where ssh gives the plot its "
        "final one afterwards, else the final one.",
        examples=[["scp", "-P", "{port}", "{source}", "{user}@{host}:{target}"]],
    )
    verify: Argv | None = Field(
        default=None,
        description="A program that ends with 0 only where the whole plot stands at {target}; without ssh no "
        "plot is moved unless there is one.",
    )
    ssh: bool = Field(
        default=True,
        description="The farmer can be reached by ssh too, for its room and for the steps around a copy. false: its "
        "room is the program's to judge.",
    )


AnyTransport: TypeAlias = Annotated[
    LocalTransport | RsyncTransport | RsyncdTransport | SftpTransport | CommandTransport,
    Field(discriminator="kind"),
]
Plain: TypeAlias = Literal["local", "rsync", "sftp"]

KINDS: Mapping[str, type[LocalTransport | RsyncTransport | SftpTransport]] = {
    "local": LocalTransport,
    "rsync": RsyncTransport,
    "sftp": SftpTransport,
}
"""The transports that need no setting."""


class PlotMatch(Model):
    """Which plots. What a plot is, is read from its head. What is left out matches all."""

    k: tuple[int, ...] = Field(default=(), description="Of these sizes.", examples=[[32]])
    compression: Levels | None = Field(
        default=None,
        description="Of this compression level; a plain plot has 0.",
        examples=["<7", ">=5", "0"],
    )
    contract: Contract | None = Field(
        default=None,
        description="Made for this pool contract; own: that of plotting.keys; old: any other, or a pool key; "
        "none: a pool key.",
        examples=["own", "xch1..."],
    )


class OldPlots(PlotMatch):
    """Which plots at a farmer may give way to new ones."""

    before: Day | None = Field(
        default=None, description="Not changed since this day.", examples=["2022-01-01"]
    )


class Replace(Model):
    """Old plots that give way to new ones: as many as one new plot needs, when it is ready and no disk has room."""

    match: OldPlots = Field(description="Which plots may be removed.")
    keep_free: Size = Field(default=0, description="Room to make beside that of the new plot.")
    per_day: int = Field(default=20, ge=0, description="At most so many are removed within 24 hours.")

    @field_validator("match")
    @classmethod
    def _says_something(cls, match: OldPlots) -> OldPlots:
        if match == OldPlots():
            raise ValueError(
                "matches every plot, new ones too; say which are old: contract, compression, k or before"
            )
        return match


Disks: TypeAlias = Annotated[tuple[AbsolutePath, ...], Field(min_length=1)]


def _is_remote(data: Mapping[str, Any]) -> bool:
    return data.get("host") is not None


def fixed_part(pattern: str) -> str:
    """The folder above the first wildcard of a pattern; "/" for a plain path, which any mount point may hold."""
    steps = pattern.split("/")
    wild = next((n for n, step in enumerate(steps) if any(c in step for c in "*?[")), 0)
    return "/".join(steps[:wild]) or "/"


class Archive(Model):
    """A farmer: where finished plots go."""

    name: Name = Field(description="A name for it, as it is shown.")
    host: Annotated[str, Field(pattern=r"^[^\s@/-][^\s@/]*$", examples=["farmer1.lan"])] | None = Field(
        default=None,
        description="Its address, or its name in the ssh configuration. Left out: this machine.",
        examples=["farmer1.lan"],
    )
    user: Annotated[str, Field(pattern=r"^[^\s@/:-][^\s@/:]*$", examples=["chia"])] | None = Field(
        default=None, description="Who to be there; left out: as ssh would."
    )
    port: int | None = Field(default=None, ge=1, le=65535, description="Of its ssh server.")
    identity: HomePath | None = Field(
        default=None, description="The private key's file.", examples=["~/.ssh/farm"]
    )
    jump: Annotated[str, Field(pattern=r"^[^\s-][^\s]*$", examples=["me@gate.lan:22"])] | None = Field(
        default=None, description="Reach it through this host: [user@]host[:port]."
    )
    known_hosts: HomePath | None = Field(
        default=None, description="The file with its host key; left out: ~/.ssh/known_hosts."
    )
    ssh_config: HomePath | None = Field(
        default=None, description="The ssh configuration; left out: ~/.ssh/config."
    )
    disks: Disks = Field(
        description="Its disks: a path, a pattern such as /farm/*, or a list of them.",
        examples=["/farm/*"],
    )
    path: Annotated[str, Field(pattern=r"^[^/].*[^/]$|^[^/]$", examples=["plots"])] | None = Field(
        default=None,
        description="The folder on each disk that plots go to, made where it is missing. Left out: the disk itself.",
        examples=["plots"],
    )
    mount: bool = Field(
        default_factory=_is_remote,
        description="A disk that is no mount point of its own counts as absent. Left out: true for other machines.",
    )
    floor: Size = Field(default=0, description="Room to leave free on each disk.", examples=["1GB"])
    order: Literal["emptiest", "fullest"] = Field(
        default="emptiest", description="Which disk is filled first."
    )
    priority: int = Field(default=0, description="Farmers of a higher one get plots first.")
    take: PlotMatch = Field(default_factory=PlotMatch, description="Which plots it takes.")
    link: Name | None = Field(
        default=None, description="The network link on the way there; archiving.links limits it."
    )
    transport: AnyTransport = Field(
        default_factory=lambda data: RsyncTransport() if _is_remote(data) else LocalTransport(),
        description="How plots get there. Left out: rsync to other machines, local on this one.",
    )
    limits: ArchiveLimits = Field(default_factory=ArchiveLimits, description="How many transfers at once.")
    replace: Replace | None = Field(
        default=None, description="Old plots that give way to new ones. Left out: none ever."
    )

    @field_validator("disks", mode="before", json_schema_input_type=AbsolutePath | Disks)
    @classmethod
    def _one_disk(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("transport", mode="before", json_schema_input_type=AnyTransport | Plain)
    @classmethod
    def _plain_transport(cls, value: object) -> object:
        return {"kind": value} if isinstance(value, str) else value

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


class Archiving(Model):
    """What holds for all farmers together."""

    transfers: int | None = Field(
        default=None,
        ge=0,
        description="At most so many transfers at once in all. Left out: no limit.",
        examples=[6],
    )
    links: dict[Name, Annotated[int, Field(ge=0)]] = Field(
        default_factory=dict,
        description="At most so many transfers at once over each link, by the name that farmers give it.",
        examples=[{"wan": 1}],
    )
