"""Who is told of what: the targets of a spec, by reference only, and the events that each of them gets."""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypeAlias

from reconciler.spec.marks import after, before, described
from reconciler.spec.model import field, part
from reconciler.spec.units import Duration, Size, parse_path

Level: TypeAlias = Literal["info", "warning", "critical"]
Event: TypeAlias = Literal[
    "job-failed",
    "job-stuck",
    "job-unclear",
    "plot-finished",
    "plot-archived",
    "transfer-failed",
    "action-failed",
    "directory-away",
    "dst-nearly-full",
    "farmer-away",
    "disk-away",
    "disk-quarantined",
    "farm-full",
    "blind",
    "spec-invalid",
    "source-away",
    "tick-slow",
    "loop-stale",
    "loop-trouble",
]

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", re.ASCII)


def parse_reference(value: object) -> str:
    """``${NAME}``, a variable of the environment. ValueError, which does not repeat the value: anything else."""
    if isinstance(value, str) and _REFERENCE.fullmatch(value):
        return value
    raise ValueError(
        "a target's URL holds secrets and must not stand in the spec; put it into a variable of the environment "
        "and write ${PLOTMAN_NOTIFY}, or into a file and write file: PATH"
    )


def variable(reference: str) -> str:
    """The NAME of ``${NAME}``."""
    return reference[2:-1]


def parse_place(value: object) -> str:
    """An absolute path, where the loader has put in the home directory. ValueError, which does not repeat it."""
    if isinstance(value, str) and value.startswith("/"):
        return parse_path(value)
    raise ValueError("is no absolute path; write the path of a file, such as ~/.config/plotman/notify")


# The published schema takes any text here: whoever refuses by the schema quotes what was found.
Place = Annotated[
    str,
    before(parse_place),
    described({"type": "string", "examples": ["~/.config/plotman/notify"]}),
]
Reference = Annotated[
    str,
    before(parse_reference),
    described({"type": "string", "examples": ["${PLOTMAN_NOTIFY}"]}),
]


@part
class Target:
    """Where messages go: one Apprise URL, and which events it gets."""

    url: Reference | None = field(
        default=None,
        description="A variable of the environment that holds the Apprise URL: ${NAME}.",
    )
    file: Place | None = field(
        default=None,
        description="A file that holds the Apprise URL on a line of its own; # begins a comment.",
    )
    level: Level | None = field(
        default=None,
        description="Events of at least this level. Left out: warning, or whatever events names.",
        examples=["critical"],
    )
    events: tuple[Event, ...] = field(
        default=(),
        description="Only these events, of whatever level: `plotman notify events` lists them.",
        examples=[["plot-archived", "job-failed"]],
    )

    def __post_init__(self) -> None:
        if (self.url is None) == (self.file is None):
            raise ValueError("names its URLs by one of url and file; write one of them")

    @property
    def place(self) -> str:
        """Where its URL stands, which is no secret."""
        return self.url or self.file or ""


TargetItem: TypeAlias = Reference | Target


def _several(value: object) -> object:
    """A plain string is {url: string}; one alone is a list of one."""
    items = [value] if isinstance(value, str | dict) else value
    if not isinstance(items, list | tuple):
        return items
    return tuple({"url": item} if isinstance(item, str) else item for item in items)


def _some(targets: tuple[Target, ...]) -> tuple[Target, ...]:
    if not targets:
        raise ValueError("is empty; write at least one target, or leave notify out")
    return targets


Targets: TypeAlias = Annotated[
    tuple[Target, ...], before(_several, TargetItem | tuple[TargetItem, ...]), after(_some)
]


@part
class Notify:
    """Who is told of what, and how."""

    targets: Targets = field(
        description="Where messages go; ${NAME} alone is a target with that url.",
        examples=[["${PLOTMAN_NOTIFY}"]],
    )
    batch: Duration = field(
        default=60,
        description="What happens within so long is told in one message; what is critical does not wait.",
        examples=["1m"],
    )
    nearly_full: Size = field(
        default=300_000_000_000,
        description="A dst directory with less room than this, after what is promised, is nearly full.",
        examples=["300GB"],
    )
