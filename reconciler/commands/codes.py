"""Exit codes beside those that errors carry (`reconciler.errors`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from reconciler.errors import PlotmanError

if TYPE_CHECKING:
    from reconciler.execute import Outcome

CHANGES = 2
"""There is something to do; with --detailed-exitcode only."""
PARTLY = 4
"""Some was done and some not, or some could not be reached."""
HELD_BACK = 6
"""A guardrail, or a person's word, stands between the wish and its fulfilment."""

GUARDS = frozenset({"approval", "deletions", "retire_cap", "paused", "shrunk"})
"""What holds back by policy, approval or a cap, and not for what the farm lacks: limits, and a source's obstacle."""


def code(outcomes: Sequence[Outcome], rules: Iterable[str] = ()) -> int:
    """The exit code for what came of some actions. rules: what held back others that were asked for."""
    tried = [outcome.result for outcome in outcomes if outcome.rule not in GUARDS]
    if set(tried) > {"done"}:
        return PARTLY
    if "failed" in tried:
        return PlotmanError.exit_code
    held = any(rule in GUARDS for rule in (*rules, *(outcome.rule for outcome in outcomes)))
    return HELD_BACK if held or "refused" in tried else 0
