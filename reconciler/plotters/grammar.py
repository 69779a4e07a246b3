"""What a plotter definition may say about command lines; `definition.py` has the rest of the document.

Texts are strict, so that what YAML would take for a number (`-2`) must be quoted, or is refused at its place.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    model_validator,
)

Scalar: TypeAlias = StrictBool | StrictInt | StrictFloat | StrictStr
Value: TypeAlias = Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
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


class Part(BaseModel):
    """A part of a definition: frozen, and a key that it does not know is an error.

    Its validators are built when first used, as those of the spec.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Option(Part):
    """One row of the table that a command line is written and read by."""

    flags: tuple[Annotated[StrictStr, Field(pattern=r"^-")], ...] = Field(
        min_length=1,
        description="Every spelling. The first is written, all are read.",
        examples=[["-t", "--tmp_dir"]],
    )
    value: Value = Field(
        description="What it carries: k, tmp, tmp2, dst, count, plot_id, farmer_key, pool_key, contract; any other "
        "name is an option of this plotter, which a spec may set in plotting.options.",
    )
    type: Kind = Field("text", description="The type of an option of its own; the common values have theirs.")
    form: StrictStr = Field(
        "{}",
        description="How the value is written, for a plotter that wants more than the value.",
        examples=["{}/"],
    )
    apart: StrictStr | None = Field(
        None,
        description="A value that begins so is no path of this machine, and is taken as it stands.",
        examples=["@"],
    )
    repeats: bool = Field(False, description="It may be given several times, and all of them count.")
    bare: Scalar | None = Field(
        None,
        description="Its value may be left out: then it is this one. For types that tell a value from a flag.",
    )
    default: Scalar | None = Field(
        None,
        description="What the plotter takes where the argument is not given; {tmp} is another value.",
    )
    written: bool = Field(False, description="The default is written, too, where the spec says nothing.")
    always: Scalar | None = Field(None, description="Written for every job, whatever the spec says.")
    with_any: tuple[Value, ...] = Field(
        (),
        description="Written only together with one of these; without them the plotter makes nothing of it.",
    )
    below_k: int | None = Field(None, description="A flag that is written by itself for every k below this.")
    minimum: float | None = Field(None, description="The smallest value that the plotter takes.")
    maximum: float | None = Field(None, description="The largest value that the plotter takes.")

    @property
    def kind(self) -> Kind:
        """The value's type."""
        return NOUNS.get(self.value, self.type)


class Larger(Part):
    """Another executable for larger plots."""

    from_k: int = Field(description="For this k, and for larger ones.")
    executable: StrictStr = Field(description="What is run where the spec names no executable.")


class Command(Part):
    """The command line: executable, options before the words, words, options, places."""

    programs: tuple[StrictStr, ...] = Field(
        (),
        description="Names that the executable, or the script a Python runs, may have; without .exe. {k} is each "
        "of ks.",
        examples=[["chia"], ["cuda_plot_k{k}"]],
    )
    module: StrictStr | None = Field(None, description="It is run as python -m this module.")
    executable: StrictStr = Field(
        description="What is run where the spec names no executable; {python} is the interpreter that runs this "
        "tool, {k} the order's k."
    )
    executables: tuple[Larger, ...] = Field((), description="Others for larger plots; ascending.")
    ks: tuple[int, ...] = Field(
        (), description="The only plot sizes that it makes, where not any within limits."
    )
    before: tuple[Option, ...] = Field((), description="Options that stand before the words.")
    words: tuple[StrictStr, ...] = Field(
        (), description="The sub-commands, in order.", examples=[["plots", "create"]]
    )
    options: tuple[Option, ...] = Field((), description="Options that stand behind the words.")
    places: tuple[Value, ...] = Field((), description="Values without a flag, at the very end, in order.")
    many: bool = Field(False, description="The last of the places may be given several times.")
    fixed: dict[Value, Scalar] = Field(
        {},
        description="Values that no argument carries: they are always this; {dst} is another value.",
        examples=[{"tmp": "{dst}"}],
    )
    attached: bool = Field(True, description="It reads -k32 as -k 32, and -ex as -e -x.")
    tells: tuple[Value, ...] = Field(
        (),
        description="Values of which one must be there to show that it is this plotter, and no other of its name.",
    )
    no_job: tuple[StrictStr, ...] = Field(
        ("-h", "--help", "--version"), description="Arguments with which it makes no plot."
    )
    needs: tuple[tuple[Value, ...], ...] = Field(
        (),
        description="Values without which it does not start; of each list, one is enough.",
        examples=[[["farmer_key"], ["pool_key", "contract"]]],
    )
    either: tuple[tuple[Value, ...], ...] = Field(
        (("pool_key", "contract"),), description="Values that exclude one another; of each list, one at most."
    )

    @model_validator(mode="after")
    def _sound(self) -> Command:
        if not self.programs and self.module is None:
            raise ValueError("has neither programs nor a module, so that no process could be recognised")
        if not self.ks and any("{k}" in text for text in (*self.programs, self.executable)):
            raise ValueError("has {k} in a name; it needs ks")
        rows = [row.value for row in (*self.before, *self.options)]
        if len(self.ks) > 1 and "k" not in rows and "{k}" not in self.executable:
            raise ValueError("has several ks, and neither an option nor {k} in the executable to tell which")
        for twice in sorted({value for value in rows if rows.count(value) > 1}):
            raise ValueError(f"carries {twice} in two rows; give one row both spellings")
        return self
