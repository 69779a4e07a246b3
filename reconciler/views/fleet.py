"""A fleet: its hosts, and how each of them does."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import get_args

from reconciler.fleet.members import Member
from reconciler.fleet.report import Reply, Report, Verdict
from reconciler.views import revisions, words
from reconciler.views.fleet_plan import labels
from reconciler.views.symbols import Symbols
from reconciler.views.table import table

MEMBERS = ("host", "address", "user", "port", "labels", "file")
STATUS = ("host", "state", "labels", "spec", "jobs", "24h", "held", "version", "")

ORDER: tuple[Verdict, ...] = get_args(Verdict)


def worst_first(replies: Iterable[Reply]) -> list[Reply]:
    """In the order of their verdicts, then by name."""
    return sorted(replies, key=lambda reply: (ORDER.index(reply.verdict), reply.name))


def members(found: Iterable[Member], symbols: Symbols, width: int | None) -> str:
    """A table of hosts."""
    rows = [
        (each.name, each.address, each.host.user, each.host.port, labels(each.labels), each.path)
        for each in found
    ]
    shown = ([words.clean("" if cell is None else str(cell)) for cell in row] for row in rows)
    return "\n".join(table(shown, MEMBERS, width=width, cut=symbols.cut)) + "\n"


def status(replies: Sequence[Reply], symbols: Symbols, width: int | None) -> str:
    """A row a host, the worst first, and the recap: ``ok=3 attention=0 unreachable=1 failed=0``."""
    rows = ([words.clean(cell) for cell in _cells(reply)] for reply in worst_first(replies))
    lines = table(rows, STATUS, right=(4, 5, 6), width=width, cut=symbols.cut)
    return "\n".join([*lines, "", recap(replies)]) + "\n"


def recap(replies: Iterable[Reply]) -> str:
    """How many hosts do how."""
    counted = Counter(reply.verdict for reply in replies)
    return "  ".join(f"{verdict}={counted[verdict]}" for verdict in reversed(ORDER))


def to_json(replies: Sequence[Reply]) -> str:
    """The same as a JSON document: each host with its verdict, and its report where it gave one."""
    document = {
        "version": 1,
        "hosts": [{"verdict": reply.verdict, **asdict(reply)} for reply in worst_first(replies)],
        "summary": Counter(reply.verdict for reply in replies),
    }
    return json.dumps(document, indent=2) + "\n"


def _cells(reply: Reply) -> tuple[str, ...]:
    report = reply.report
    begin = (reply.name, reply.verdict, labels(reply.labels))
    if report is None:
        return (*begin, "", "", "", "", "", reply.trouble or "")
    return (
        *begin,
        revisions.in_force(report.source) if report.source is not None else "file",
        "?" if report.jobs is None else str(report.jobs),
        str(report.plots),
        str(report.holds),
        report.tool,
        _look(report),
    )


def _look(report: Report) -> str:
    """Why somebody should look, the first reason in full."""
    reasons = [] if report.loop is not None else ["nothing plots or archives there: start `plotman apply`"]
    if report.source is not None and (why := revisions.held_up(report.source)):
        reasons.append(why)
    reasons += [f"{each.type} {each.subject}: {each.message}" for each in report.conditions]
    more = f" (+{len(reasons) - 1})" if len(reasons) > 1 else ""
    return f"{reasons[0]}{more}" if reasons else ""
