"""What a mover is sent to do: which plot goes from where to where, on its command line."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One plot to move.

    plot: the file's name; source: the directory it lies in.
    farmer: the farmer's name in the spec; disk: the target folder there.
    transport: a name in the table of transports.
    host: this machine's name, which the part file carries.
    id: the transfer's id.
    """

    plot: str
    source: str
    farmer: str
    disk: str
    transport: str
    host: str
    id: str

    @property
    def path(self) -> str:
        """Where the plot lies."""
        return f"{self.source.rstrip('/')}/{self.plot}"


def to_argv(errand: Errand) -> tuple[str, ...]:
    """The mover's arguments for that errand; values may begin with a dash."""
    return tuple(f"--{field.name}={getattr(errand, field.name)}" for field in fields(errand))
