"""Which machine a spec is for, where many lie in one repository."""

from __future__ import annotations

from reconciler.spec.model import Name, field, part


@part
class Host:
    """The machine as the fleet knows it."""

    name: Name = field(description="What the fleet calls it.", examples=["h07"])
    address: str | None = field(
        default=None,
        min_length=1,
        max_length=255,
        pattern=r"^[^\s-]\S*$",
        description="How ssh reaches it: an address or a name in ssh's configuration. Left out: its name.",
        examples=["h07.lan"],
    )
    user: str | None = field(
        default=None, min_length=1, max_length=64, description="Who logs in there. Left out: as ssh says."
    )
    port: int | None = field(default=None, ge=1, le=65535, description="ssh's port there.")
    labels: dict[Name, str] = field(
        default_factory=dict,
        description="What it is told apart by, as in `plotman fleet status --limit 'ring=canary'`.",
        examples=[{"ring": "canary", "site": "berlin"}],
    )
