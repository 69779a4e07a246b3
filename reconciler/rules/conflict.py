"""Limit: a name that stands at the target with another size is another plot, and is not touched."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.setbacks import ended_at
from reconciler.want import Admitted, Move, Verdict, Want

_PASSED = Verdict(rule="conflict", ok=True, text="nothing else stands under its name there")


def judge(facts: Facts, _admitted: Admitted, want: Want) -> Verdict | None:
    """What stands there under the plot's name must have its size, and no transfer found other content in it."""
    if not isinstance(want, Move):
        return None
    disk = facts.disk(want.farmer, want.disk)
    namesakes = [
        stored for stored in (disk.holds if disk is not None else ()) if stored.name == want.plot.name
    ]
    for stored in namesakes:
        if stored.bytes != want.plot.bytes:
            return Verdict(
                rule="conflict",
                ok=False,
                text=f"{want.target} holds a file of that name with {stored.bytes} bytes, not {want.plot.bytes};"
                " remove or rename one of the two",
                value=stored.bytes,
                limit=want.plot.bytes,
                unit="bytes",
            )
    last = facts.last_transfer.get(want.plot.name)
    if (
        last is not None
        and last.kind == "conflict"
        and (last.farmer, last.disk) == want.place
        and ended_at(last) > facts.kicked
        and (namesakes or not facts.traffic.shown(last))
    ):
        return Verdict(
            rule="conflict",
            ok=False,
            text=f"{want.target} holds a file of that name with other content;"
            " remove or rename one of the two, then `plotman kick`",
        )
    return _PASSED
