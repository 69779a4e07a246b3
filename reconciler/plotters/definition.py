"""What a plotter definition may say: the pydantic models of the YAML document.

One file a plotter. Texts are strict, so that what YAML would take for a number (`-2`) must be quoted, or
is refused at its place. Regular expressions belong into single quotes.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    model_validator,
)


def _pattern(text: str) -> str:
    try:
        re.compile(text.replace("{plot}", ""))
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None
    return text


Scalar: TypeAlias = StrictBool | StrictInt | StrictFloat | StrictStr
Value: TypeAlias = Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Step: TypeAlias = Annotated[StrictStr, Field(pattern=r"^\d:\d{1,2}$")]
Bytes: TypeAlias = Annotated[StrictInt, Field(gt=0)]
Fraction: TypeAlias = Annotated[float, Field(ge=0, le=1)]
Pattern: TypeAlias = Annotated[StrictStr, AfterValidator(_pattern)]
Kind: TypeAlias = Literal["text", "int", "number", "flag", "path"]

NOUNS: dict[str, Kind] = {
    "k": "int", "count": "int", "tmp": "path", "tmp2": "path", "dst": "path",
    "plot_id": "text", "farmer_key": "text", "pool_key": "text", "contract": "text",
}
"""The values that every plotter may have, and their types; all other values are a plotter's own options."""

FIELDS: dict[str, Literal["text", "path", "int", "number"]] = {
    "plot_id": "text", "k": "int", "compression": "int",
    "tmp_dir": "path", "tmp2_dir": "path", "stage_dir": "path", "dst_dir": "path",
    "threads": "int", "buckets": "int", "pid": "int", "started_at": "text",
    "total_seconds": "number", "copy_seconds": "number", "final_plot": "path",
}
"""Named groups of a log line that are facts about a plot, and how they are read."""

HELPERS = frozenset({"error", "major", "phase_seconds", "step", "name"})
"""Named groups that say something else: see Rule."""


class Part(BaseModel):
    """A part of a definition: frozen, and a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Option(Part):
    """One row of the table that a command line is written and read by."""

    flags: tuple[Annotated[StrictStr, Field(pattern=r"^-")], ...] = Field(
        min_length=1, description="Every spelling. The first is written, all are read.", examples=[["-t", "--tmp_dir"]]
    )
    value: Value = Field(
        description="What it carries: k, tmp, tmp2, dst, count, plot_id, farmer_key, pool_key, contract; any other "
        "name is an option of this plotter, which a spec may set in plotting.options.",
    )
    type: Kind = Field("text", description="The type of an option of its own; the common values have theirs.")
    form: StrictStr = Field(
        "{}", description="How the value is written, for a plotter that wants more than the value.", examples=["{}/"]
    )
    default: Scalar | None = Field(
        None, description="What the plotter takes where the argument is not given; {tmp} is another value.",
    )
    always: Scalar | None = Field(None, description="Written for every job, whatever the spec says.")
    below_k: int | None = Field(None, description="A flag that is written by itself for every k below this.")
    minimum: float | None = Field(None, description="The smallest value that the plotter takes.")
    maximum: float | None = Field(None, description="The largest value that the plotter takes.")

    @property
    def kind(self) -> Kind:
        """The value's type."""
        return NOUNS.get(self.value, self.type)


class Command(Part):
    """The command line: executable, options before the words, words, options, places."""

    programs: tuple[StrictStr, ...] = Field(
        (), description="Names that the executable, or the script a Python runs, may have; without .exe.",
        examples=[["chia"]],
    )
    module: StrictStr | None = Field(None, description="It is run as python -m this module.")
    executable: StrictStr = Field(
        description="What is run where the spec names no executable; {python} is the interpreter that runs this tool."
    )
    before: tuple[Option, ...] = Field((), description="Options that stand before the words.")
    words: tuple[StrictStr, ...] = Field((), description="The sub-commands, in order.", examples=[["plots", "create"]])
    options: tuple[Option, ...] = Field((), description="Options that stand behind the words.")
    places: tuple[Value, ...] = Field((), description="Values without a flag, at the very end, in order.")
    attached: bool = Field(True, description="It reads -k32 as -k 32, and -ex as -e -x.")
    needs: tuple[tuple[Value, ...], ...] = Field(
        (), description="Values without which it does not start; of each list, one is enough.",
        examples=[[["farmer_key"], ["pool_key", "contract"]]],
    )


class Rule(Part):
    """One kind of line in the log.

    Its named groups are what the line says: plot_id, k, compression, tmp_dir, tmp2_dir, stage_dir, dst_dir,
    threads, buckets, pid, started_at, total_seconds, copy_seconds, final_plot, error; major and
    phase_seconds together; step for `steps`; name for a file name that only tells which plot is meant.
    """

    match: Pattern = Field(
        description="Regular expression for the beginning of the line; it cannot see other lines."
    )
    opens: Literal["always", "unless-fresh"] | None = Field(
        None, description="A new plot begins here; unless-fresh: not while the last one has shown no phase yet.",
    )
    scope: Literal["plot", "run"] = Field(
        "plot", description="run: holds for every plot that this run of the plotter makes from here on.",
    )
    phase: StrictStr | None = Field(
        None, pattern=r"^\d(:\d{1,2})?$",
        description="The plot is at this phase, as major:minor; only the major one together with steps.",
    )
    steps: tuple[StrictStr, ...] = Field(
        (),
        description="What the group `step` may capture, in the order the log prints it: the first is minor phase 1.",
    )
    next: bool = Field(False, description="An error's text stands on the next line.")
    marks: tuple[Literal["done", "delivered", "error", "stuck"], ...] = Field(
        (),
        description="done: the plot is made. delivered: it stands under its final name. error: the line tells "
        "of an error. stuck: the plotter waits and tries again, until another line follows.",
    )

    @model_validator(mode="after")
    def _sound(self) -> Rule:
        groups = set(re.compile(self.match).groupindex)
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
        return self


class Log(Part):
    """How the log is read. Colours, line ends and the stamps of journals and wrappers are seen to."""

    rules: tuple[Rule, ...] = Field(
        min_length=1, description="The lines that say something; the first that fits counts."
    )


class Room(Part):
    """What a job of one k takes, in bytes."""

    k: int = Field(description="The plot size that this row is for.")
    plot: Bytes = Field(description="A finished plot, typically.")
    alone: Bytes = Field(description="The most on tmp, where no tmp2 is given.")
    tmp: Bytes | None = Field(None, description="The most on tmp, where tmp2 is given. Left out: as alone.")
    tmp2: Bytes | None = Field(None, description="The most on tmp2. Left out: the largest plot.")


class Rest(Part):
    """What may still come at a phase, as a fraction of the peak."""

    at: Step = Field(description="From this phase on, as major:minor.")
    alone: Fraction = Field(description="On tmp, where no tmp2 is given.")
    tmp: Fraction = Field(description="On tmp, where tmp2 is given.")
    tmp2: Fraction = Field(description="On tmp2.")


class Space(Part):
    """How large plots are, and how much room a job takes while it runs."""

    source: StrictStr = Field(description="Where the numbers come from.")
    rooms: tuple[Room, ...] = Field(
        min_length=1, description="One row a k, ascending. A k between is judged by its neighbours."
    )
    rests: tuple[Rest, ...] = Field((), description="Ascending. Before the first: the whole peak.")
    spread: float = Field(
        0.003, ge=0, lt=1, description="How far a whole plot's size may lie from the typical one, as a fraction of it.",
    )
    noise: float = Field(
        0, ge=0, description="What is added to spread for small plots, whose table sizes vary more: noise / 2^(k/2).",
    )


class Sample(Part):
    """One line of a short but whole log, in the order printed."""

    text: StrictStr = Field(
        description="The line; {plot_id}, {k}, {tmp}, {tmp2}, {dst}, {date} and {name} (the final file name) "
        "are filled in.",
    )
    share: float = Field(0, ge=0, le=1, description="The part of the job's time that passes before the next line.")


class Definition(Part):
    """One plotter: how it is started and recognised, what its log tells, what its files are called and take."""

    version: Literal[1] = Field(description="Version of this document: 1.")
    name: StrictStr = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64, description="What a spec calls it.")
    about: StrictStr = Field(description="What it is, in one line.")
    like: StrictStr | None = Field(
        None,
        description="Another definition, whose threads, temps, log, space and sample serve where this one has none.",
    )
    command: Command = Field(description="The command line, written and read by one table.")
    threads: Value = Field("threads", description="The option that says how many threads a job uses.")
    temps: tuple[Pattern, ...] = Field(
        (),
        description="Regular expressions for whole names of temporary files; {plot} is a plot's name without "
        "extension, with its id. A pattern without {plot} is for names that do not tell whose they are.",
    )
    log: Log = Field(description="What its log tells.")
    space: Space = Field(description="How large plots are, and how much room a job takes.")
    sample: tuple[Sample, ...] = Field(
        min_length=1, description="A whole log in a few lines: it tests this definition, and a simulator plays it."
    )
