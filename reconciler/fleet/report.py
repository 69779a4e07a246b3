"""What one host says of itself when the fleet is asked: one small JSON document, on one line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal, TypeAlias

from reconciler.noun import noun
from reconciler.observation import Condition
from reconciler.revision import Revisions
from reconciler.state import Known

if TYPE_CHECKING:
    from reconciler.facts import Facts
    from reconciler.plan import Plan

DAY = 86400.0

Verdict: TypeAlias = Literal["failed", "unreachable", "attention", "ok"]
"""It answered that something failed, or not as it should; it did not answer; it is up, and somebody should look;
all is well."""


@noun(kw_only=True)
class Report:
    """One host, at one instant. What a newer version says beside this is not read.

    at: wall clock. tool: plotman's version there. loop: who plots or archives there, in words; None: nobody.
    jobs: how many run; None: not known. plots: finished within the last 24 hours, by the logs at hand.
    actions, holds: what would be done, and what waits.
    source: how far the repository is followed; None: the spec comes from a file.
    """

    version: Literal[1] = 1
    host: str
    at: float
    tool: str
    loop: str | None
    jobs: int | None
    plots: int
    actions: int
    holds: int
    source: Revisions | None = None
    conditions: tuple[Condition, ...] = ()


def report(facts: Facts, plan: Plan, tool: str, loop: str | None) -> Report:
    """What is to be told of a look and its plan."""
    ended = (start.ended for start in facts.starts if start.outcome == "finished" and start.ended is not None)
    return Report(
        host=facts.seen.host,
        at=facts.now.at,
        tool=tool,
        loop=loop,
        jobs=len(facts.seen.jobs.value) if isinstance(facts.seen.jobs, Known) else None,
        plots=sum(facts.now.at - at < DAY for at in ended),
        actions=len(plan.actions),
        holds=sum(hold.count for hold in plan.holds),
        source=facts.seen.source,
        conditions=facts.seen.conditions,
    )


def to_json(report: Report) -> str:
    """It, on one line."""
    return json.dumps(asdict(report)) + "\n"


def from_json(text: str) -> Report:
    """The report on the last line of what a host has printed. Raises ValueError."""
    line = text.rstrip().rpartition("\n")[2]
    if not line.startswith("{"):
        raise ValueError(f"no report, but {line[:200]!r}" if line else "nothing")
    from reconciler.spec.judge import ValidationError, judged

    try:
        return judged(Report, json.loads(line))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(f"a report that cannot be read: {where}: {first['msg'].lower()}") from None
    except (ValueError, RecursionError):
        raise ValueError(f"a report that is no JSON: {line[:200]!r}") from None


@noun(kw_only=True)
class Reply:
    """What came of asking one host.

    labels: what it is told apart by. report: what it said. trouble: why there is none, or what failed there.
    kind: the stable name of a failure to reach it, as in `inquiry.Heard`.
    """

    name: str
    labels: Mapping[str, str]
    report: Report | None = None
    trouble: str | None = None
    kind: str | None = None

    @property
    def verdict(self) -> Verdict:
        """How it does."""
        if self.kind is not None:
            return "unreachable"
        if self.report is None:
            return "failed"
        behind = self.report.source is not None and self.report.source.obstacle is not None
        return "attention" if self.report.conditions or behind or self.report.loop is None else "ok"
