"""Markdown as GitHub shows it, in which no name can mean more than itself.

What comes from outside stands in two places only: in ``<code>``, where every sign that Markdown, HTML or GitHub
might obey is written as a character reference, and nobody is mentioned; and in a fenced block, whose fence is longer
than any that it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from reconciler.views import words

LIMIT = 65_000
"""Characters of a page, as UTF-16 counts them: a comment on GitHub has at most 65,536, a few of which are left."""

_PLAIN = re.compile(r"[^\w \-]|_")


def code(text: str) -> str:
    """A text as it is, within a line or a table's cell."""
    return (
        f"<code>{_PLAIN.sub(lambda found: f'&#{ord(found[0])};', words.clean(text))}</code>" if text else ""
    )


def fenced(lines: Iterable[str], kind: str = "text") -> str:
    """Lines as they are. kind: what they are coloured as."""
    clean = [words.clean(line) for line in lines]
    longest = max((len(run) for line in clean for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}{kind}", *clean, fence]) + "\n"


def table(header: Sequence[str], rows: Iterable[str] = ()) -> str:
    """A table of rows, or its beginning."""
    return "".join([row(header), row(["---"] * len(header)), *rows])


def row(cells: Sequence[str]) -> str:
    """A line of a table; the cells are Markdown already."""
    return f"| {' | '.join(cells)} |\n"


def folded(summary: str, body: str) -> str:
    """A part that is open once somebody clicks on it. summary: on one line; both are Markdown already."""
    return f"<details><summary>{summary}</summary>\n\n{body}\n</details>\n"


def length(text: str) -> int:
    """Characters as UTF-16 counts them."""
    return len(text) + sum(letter > "\uffff" for letter in text)


def fit(parts: Iterable[str], room: int) -> list[str]:
    """As many of the parts, from the first on, as there is room for; no more of them is made than that and one."""
    kept = []
    for part in parts:
        room -= length(part)
        if room < 0:
            break
        kept.append(part)
    return kept
