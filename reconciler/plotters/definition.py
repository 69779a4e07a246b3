"""What a plotter definition may say: the nouns of the YAML document.

One file a plotter. Regular expressions belong into single quotes. They are compiled when first needed:
whoever validates a definition that is known to be sound says so by the context ``{"sound": True}``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from reconciler.plotters.grammar import Command, Scalar, StrictInt, StrictStr, Value
from reconciler.spec.marks import after, limits
from reconciler.spec.model import field, part

if TYPE_CHECKING:
    from pydantic import ValidationInfo

GROUP = re.compile(r"\(\?P<(\w+)>")
"""The beginning of a named group."""


def _pattern(text: str, info: ValidationInfo) -> str:
    """A part of a larger expression, read as bytes: it must stand on its own."""
    if info.context and info.context.get("sound"):
        return text
    try:
        re.compile(f"(?:{text.replace('{plot}', '')})".encode())
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None
    if re.search(r"\\[1-9]|\(\?P=|\(\?\(", text):
        raise ValueError("refers back to a group, which cannot be told among all rules; write it out")
    return text


Step: TypeAlias = Annotated[StrictStr, limits(pattern=r"^\d:\d{1,2}$")]
Bytes: TypeAlias = Annotated[StrictInt, limits(gt=0)]
Fraction: TypeAlias = Annotated[float, limits(ge=0, le=1)]
Factor: TypeAlias = Annotated[float, limits(gt=0)]
Pattern: TypeAlias = Annotated[StrictStr, after(_pattern)]
PlotKind: TypeAlias = Literal["plot", "mmx", "mmx-ssd", "plot2", "gplot"]

FIELDS: dict[str, Literal["text", "path", "int", "number"]] = {
    "plot_id": "text",
    "k": "int",
    "compression": "int",
    "version": "text",
    "tmp_dir": "path",
    "tmp2_dir": "path",
    "stage_dir": "path",
    "dst_dir": "path",
    "threads": "int",
    "buckets": "int",
    "buckets_p3": "int",
    "pid": "int",
    "started_at": "text",
    "total_seconds": "number",
    "copy_seconds": "number",
    "part": "path",
    "final_plot": "path",
}
"""Named groups of a log line that are facts about a plot, and how they are read."""

HELPERS = frozenset({"error", "major", "phase_seconds", "step", "name"})
"""Named groups that say something else: see Rule."""


@part
class Rule:
    """One kind of line in the log.

    Its named groups are what the line says: plot_id, k, compression, version, tmp_dir, tmp2_dir, stage_dir,
    dst_dir, threads, buckets, buckets_p3, pid, started_at, total_seconds, copy_seconds, final_plot, error;
    part for the file that will be the final one once .tmp is off its name; major and phase_seconds together;
    step for `steps`; name for a file name that only tells which plot is meant.
    """

    match: Pattern = field(
        description="Regular expression for the beginning of the line; it cannot see other lines."
    )
    opens: Literal["always", "unless-fresh"] | None = field(
        default=None,
        description="A new plot begins here; unless-fresh: not while the last one has shown no phase yet.",
    )
    scope: Literal["plot", "run"] = field(
        default="plot",
        description="run: holds for every plot that this run of the plotter makes from here on.",
    )
    phase: StrictStr | None = field(
        default=None,
        pattern=r"^\d(:\d{1,2})?$",
        description="The plot is at this phase, as major:minor; only the major one together with steps.",
    )
    steps: tuple[StrictStr, ...] = field(
        default=(),
        description="What the group `step` may capture, in the order the log prints it: the first is minor phase 1.",
    )
    mode: StrictStr | None = field(
        default=None, description="The plotter works in this mode, whatever `mode` says."
    )
    next: bool = field(default=False, description="An error's text stands on the next line.")
    marks: tuple[Literal["done", "delivered", "error", "stuck"], ...] = field(
        default=(),
        description="done: the plot is made. delivered: it stands under its final name. error: the line tells "
        "of an error. stuck: the plotter waits and tries again, until another line follows.",
    )

    def __post_init__(self) -> None:
        groups = set(GROUP.findall(self.match))
        for unknown in sorted(groups - FIELDS.keys() - HELPERS):
            known = ", ".join(sorted(FIELDS.keys() | HELPERS))
            raise ValueError(f"has the group {unknown}, which means nothing; the groups are {known}")
        if ("major" in groups) != ("phase_seconds" in groups):
            raise ValueError("has one of the groups major and phase_seconds, which belong together")
        if bool(self.steps) != ("step" in groups):
            raise ValueError("has one of `steps` and the group `step`, which belong together")
        if self.phase is not None and bool(self.steps) == (":" in self.phase):
            raise ValueError("wants a phase as major:minor, or a major one alone together with steps")
        if self.next and "error" not in self.marks:
            raise ValueError("has next, which is for lines marked as error")


@part
class Log:
    """How the log is read. Colours, line ends and the stamps of journals and wrappers are seen to."""

    rules: tuple[Rule, ...] = field(
        min_length=1, description="The lines that say something; the first that fits counts."
    )


@part
class Room:
    """What a job of one k takes, in bytes."""

    k: int = field(description="The plot size that this row is for.")
    plot: Bytes = field(
        description="A finished plot, typically; without compression, where there is such a plot."
    )
    alone: Bytes = field(description="The most on tmp, where no tmp2 is given.")
    tmp: Bytes | None = field(
        default=None, description="The most on tmp, where tmp2 is given. Left out: as alone."
    )
    tmp2: Bytes | None = field(default=None, description="The most on tmp2. Left out: the largest plot.")


@part
class Rest:
    """What may still come at a phase, and what is held there, as fractions of the peak."""

    at: Step = field(description="From this phase on, as major:minor.")
    alone: Fraction = field(description="What may still come on tmp, where no tmp2 is given.")
    tmp: Fraction = field(description="What may still come on tmp, where tmp2 is given.")
    tmp2: Fraction = field(description="What may still come on tmp2.")
    held: Fraction | None = field(
        default=None,
        description="The most that tmp holds until the next row, where no tmp2 is given. Left out: the whole peak.",
    )


@part
class Mode:
    """How an option changes the room that a job takes, as a factor of each."""

    option: Value = field(description="The option.")
    value: Scalar | None = field(
        default=None, description="Only with this value. Left out: with any but false."
    )
    alone: Factor = field(default=1, description="On tmp, where no tmp2 is given.")
    tmp: Factor = field(default=1, description="On tmp, where tmp2 is given.")
    tmp2: Factor = field(default=1, description="On tmp2.")
    rests: bool = field(
        default=True, description="false: nothing is known of what may still come, so it is the whole peak."
    )


@part
class Space:
    """How large plots are, and how much room a job takes while it runs."""

    source: StrictStr = field(description="Where the numbers come from.")
    rooms: tuple[Room, ...] = field(
        min_length=1, description="One row a k, ascending. A k between is judged by its neighbours."
    )
    modes: tuple[Mode, ...] = field(
        default=(), description="What options change; the factors of several are multiplied."
    )
    rests: tuple[Rest, ...] = field(default=(), description="Ascending. Before the first: the whole peak.")
    spread: float = field(
        default=0.003,
        ge=0,
        lt=1,
        description="How far a whole plot's size may lie from the typical one, as a fraction of it.",
    )
    noise: float = field(
        default=0,
        ge=0,
        description="What is added to spread for small plots, whose table sizes vary more: noise / 2^(k/2).",
    )


@part
class Level:
    """A compression level and what it makes of a plot."""

    level: int = field(gt=0, description="The level, as the option and a plot's name tell it.")
    plot: Fraction = field(description="The plot's size, as a fraction of the uncompressed one's.")


@part
class Compression:
    """How far plots are compressed."""

    option: Value = field(description="The option that says the level; 0 is none.")
    digits: int = field(
        default=1, ge=1, le=2, description="Of the level in a plot's name, at least: 1 for c7, 2 for c07."
    )
    levels: tuple[Level, ...] = field(
        default=(),
        description="Those whose size is known, ascending. One between is judged by its neighbours.",
    )


@part
class Probe:
    """How to ask an executable whether it is one that this definition covers. It must end at once."""

    arguments: tuple[StrictStr, ...] = field(description="What it is run with.", examples=[["--version"]])
    matches: Pattern = field(
        description="Regular expression for something in its output, on stdout or stderr."
    )


@part
class Sample:
    """One line of a short but whole log, in the order printed."""

    text: StrictStr = field(
        description="The line; {plot_id}, {k}, {tmp}, {tmp2}, {dst}, {date} and {name} (the final file name) "
        "are filled in.",
    )
    share: float = field(
        default=0, ge=0, le=1, description="The part of the job's time that passes before the next line."
    )


@part
class Definition:
    """One plotter: how it is started and recognised, what its log tells, what its files are called and take."""

    version: Literal[1] = field(description="Version of this document: 1.")
    name: StrictStr = field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64, description="What a spec calls it."
    )
    about: StrictStr = field(description="What it is, in one line.")
    family: StrictStr | None = field(
        default=None,
        description="The program that does the work, where several definitions run it. Left out: the name.",
    )
    mode: StrictStr | None = field(
        default=None, description="How that program works, where it has several ways: disk, ram."
    )
    like: StrictStr | None = field(
        default=None,
        description="Another definition, whose family, mode, kinds, threads, compression, own_folder, temps, log, "
        "space and sample serve where this one has none.",
    )
    probe: Probe | None = field(
        default=None, description="How to ask whether an executable is this plotter's."
    )
    command: Command = field(description="The command line, written and read by one table.")
    threads: Value = field(default="threads", description="The option that says how many threads a job uses.")
    kinds: tuple[PlotKind, ...] = field(
        default=("plot",),
        min_length=1,
        description="What its plots are, by their names: plot-k32-….plot, plot-mmx-k32-….plot, "
        "plot-mmx-ssd-k32-….plot, ….plot2 or ….gplot.",
    )
    compression: Compression | None = field(
        default=None, description="How far its plots are compressed, if they ever are."
    )
    own_folder: bool = field(
        default=False,
        description="Its temporary files do not tell whose they are: each job gets a folder of its own in tmp.",
    )
    temps: tuple[Pattern, ...] = field(
        default=(),
        description="Regular expressions for whole names of temporary files; {plot} is a plot's name without "
        "extension, with its id. A pattern without {plot} is for names that do not tell whose they are.",
    )
    also: tuple[Rule, ...] = field(
        default=(),
        description="Lines that this plotter's log has beside those of `log`; they are looked for first.",
    )
    log: Log = field(description="What its log tells.")
    space: Space = field(description="How large plots are, and how much room a job takes.")
    sample: tuple[Sample, ...] = field(
        min_length=1,
        description="A whole log in a few lines: it tests this definition, and a simulator plays it.",
    )
