"""What a plotter definition may say about command lines; `definition.py` has the rest of the document.

Texts are strict, so that what YAML would take for a number (`-2`) must be quoted, or is refused at its place.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from reconciler.spec.marks import limits
from reconciler.spec.model import field, part

StrictStr: TypeAlias = Annotated[str, limits(strict=True)]
StrictInt: TypeAlias = Annotated[int, limits(strict=True)]
StrictFloat: TypeAlias = Annotated[float, limits(strict=True)]
StrictBool: TypeAlias = Annotated[bool, limits(strict=True)]
Scalar: TypeAlias = StrictBool | StrictInt | StrictFloat | StrictStr
Value: TypeAlias = Annotated[StrictStr, limits(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Kind: TypeAlias = Literal["text", "int", "number", "flag", "path"]

NOUNS: dict[str, Kind] = {
    "k": "int",
    "count": "int",
    "tmp": "path",
    "tmp2": "path",
    "dst": "path",
    "plot_id": "text",
    "farmer_key": "text",
    "pool_key": "text",
    "contract": "text",
}
"""The values that every plotter may have, and their types; all other values are a plotter's own options."""


@part
class Option:
    """One row of the table that a command line is written and read by."""

    flags: tuple[Annotated[StrictStr, limits(pattern=r"^-")], ...] = field(
        min_length=1,
        description="Every spelling. The first is written, all are read.",
        examples=[["-t", "--tmp_dir"]],
    )
    value: Value = field(
        description="What it carries: k, tmp, tmp2, dst, count, plot_id, farmer_key, pool_key, contract; any other "
        "name is an option of this plotter, which a spec may set in plotting.options.",
    )
    type: Kind = field(
        default="text", description="The type of an option of its own; the common values have theirs."
    )
    form: StrictStr = field(
        default="{}",
        description="How the value is written, for a plotter that wants more than the value.",
        examples=["{}/"],
    )
    apart: StrictStr | None = field(
        default=None,
        description="A value that begins so is no path of this machine, and is taken as it stands.",
        examples=["@"],
    )
    repeats: bool = field(default=False, description="It may be given several times, and all of them count.")
    bare: Scalar | None = field(
        default=None,
        description="Its value may be left out: then it is this one. For types that tell a value from a flag.",
    )
    default: Scalar | None = field(
        default=None,
        description="What the plotter takes where the argument is not given; {tmp} is another value.",
    )
    written: bool = field(
        default=False, description="The default is written, too, where the spec says nothing."
    )
    always: Scalar | None = field(default=None, description="Written for every job, whatever the spec says.")
    with_any: tuple[Value, ...] = field(
        default=(),
        description="Written only together with one of these; without them the plotter makes nothing of it.",
    )
    below_k: int | None = field(
        default=None, description="A flag that is written by itself for every k below this."
    )
    minimum: float | None = field(default=None, description="The smallest value that the plotter takes.")
    maximum: float | None = field(default=None, description="The largest value that the plotter takes.")

    @property
    def kind(self) -> Kind:
        """The value's type."""
        return NOUNS.get(self.value, self.type)


@part
class Larger:
    """Another executable for larger plots."""

    from_k: int = field(description="For this k, and for larger ones.")
    executable: StrictStr = field(description="What is run where the spec names no executable.")


@part
class Command:
    """The command line: executable, options before the words, words, options, places."""

    programs: tuple[StrictStr, ...] = field(
        default=(),
        description="Names that the executable, or the script a Python runs, may have; without .exe. {k} is each "
        "of ks.",
        examples=[["chia"], ["cuda_plot_k{k}"]],
    )
    module: StrictStr | None = field(default=None, description="It is run as python -m this module.")
    executable: StrictStr = field(
        description="What is run where the spec names no executable; {python} is the interpreter that runs this "
        "tool, {k} the order's k."
    )
    executables: tuple[Larger, ...] = field(default=(), description="Others for larger plots; ascending.")
    ks: tuple[int, ...] = field(
        default=(), description="The only plot sizes that it makes, where not any within limits."
    )
    before: tuple[Option, ...] = field(default=(), description="Options that stand before the words.")
    words: tuple[StrictStr, ...] = field(
        default=(), description="The sub-commands, in order.", examples=[["plots", "create"]]
    )
    options: tuple[Option, ...] = field(default=(), description="Options that stand behind the words.")
    places: tuple[Value, ...] = field(
        default=(), description="Values without a flag, at the very end, in order."
    )
    many: bool = field(default=False, description="The last of the places may be given several times.")
    fixed: dict[Value, Scalar] = field(
        default_factory=dict,
        description="Values that no argument carries: they are always this; {dst} is another value.",
        examples=[{"tmp": "{dst}"}],
    )
    attached: bool = field(default=True, description="It reads -k32 as -k 32, and -ex as -e -x.")
    tells: tuple[Value, ...] = field(
        default=(),
        description="Values of which one must be there to show that it is this plotter, and no other of its name.",
    )
    no_job: tuple[StrictStr, ...] = field(
        default=("-h", "--help", "--version"), description="Arguments with which it makes no plot."
    )
    needs: tuple[tuple[Value, ...], ...] = field(
        default=(),
        description="Values without which it does not start; of each list, one is enough.",
        examples=[[["farmer_key"], ["pool_key", "contract"]]],
    )
    either: tuple[tuple[Value, ...], ...] = field(
        default=(("pool_key", "contract"),),
        description="Values that exclude one another; of each list, one at most.",
    )

    def __post_init__(self) -> None:
        if not self.programs and self.module is None:
            raise ValueError("has neither programs nor a module, so that no process could be recognised")
        if not self.ks and any("{k}" in text for text in (*self.programs, self.executable)):
            raise ValueError("has {k} in a name; it needs ks")
        rows = [row.value for row in (*self.before, *self.options)]
        if len(self.ks) > 1 and "k" not in rows and "{k}" not in self.executable:
            raise ValueError("has several ks, and neither an option nor {k} in the executable to tell which")
        for twice in sorted({value for value in rows if rows.count(value) > 1}):
            raise ValueError(f"carries {twice} in two rows; give one row both spellings")
