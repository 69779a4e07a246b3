"""Many messages as one: what a target gets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import get_args

from reconciler.notify.kinds import Message
from reconciler.noun import noun
from reconciler.spec.notify import Level, Target
from reconciler.views import words
from reconciler.views.symbols import ASCII

LEVELS: tuple[Level, ...] = get_args(Level)
"""From the least to the most that matters."""
MOST = 20
"""Lines of one digest; a telephone's screen holds no more."""
LENGTH = 300
"""Characters of one line."""
_MARKS = {"info": "-", "warning": "!", "critical": "!!"}


@noun
class Digest:
    """Some messages, ready to be sent. level: the highest of theirs; info where all of them tell of an end."""

    title: str
    body: str
    level: Level


def takes(target: Target, message: Message) -> bool:
    """Does this target get it?"""
    if target.events and message.event not in target.events:
        return False
    least = target.level or ("info" if target.events else "warning")
    return LEVELS.index(message.level) >= LEVELS.index(least)


def digest(host: str, messages: Sequence[Message], dropped: int, utc_offset: int) -> Digest:
    """All of them in one, the most important first. dropped: how many older ones were given up."""
    ordered = sorted(messages, key=lambda each: (each.over, -LEVELS.index(each.level), each.at))
    lines = [_line(each, utc_offset) for each in ordered[:MOST]]
    if len(ordered) > MOST:
        lines.append(f"and {len(ordered) - MOST} more: plotman history")
    if dropped:
        lines.append(f"{words.plural(dropped, 'older message')} could not be sent and are given up")
    begun = [each.level for each in messages if not each.over]
    level: Level = max(begun, key=LEVELS.index, default="info")
    return Digest(f"plotman on {words.clean(host)}: {_summary(ordered)}", "\n".join(lines), level)


def _line(message: Message, utc_offset: int) -> str:
    mark = "over:" if message.over else _MARKS[message.level]
    text = words.clean(" ".join(message.text.splitlines()))
    subject = words.plot_name(message.subject, ASCII)
    line = f"{words.clock(message.at, utc_offset)} {mark} {message.event} {subject}: {text}"
    return line if len(line) <= LENGTH else f"{line[: LENGTH - 3]}..."


def _summary(messages: Iterable[Message]) -> str:
    """``2 job-failed, 1 farmer-away over``."""
    counted = Counter(f"{each.event} over" if each.over else each.event for each in messages)
    return ", ".join(f"{count} {name}" for name, count in counted.items()) or "nothing to tell"
