"""What would be done on every host of a fleet: as text, as a JSON document, and as a page for a pull request."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from reconciler.fleet.difference import Leaf
from reconciler.fleet.outlook import DELETING, FleetPlan, News, Outlook, worst_first
from reconciler.plan import Plan
from reconciler.spec.units import show_duration
from reconciler.views import markdown, words
from reconciler.views.markdown import code
from reconciler.views.symbols import Symbols
from reconciler.views.table import table

HEADER = ("host", "labels", "observed", "spec", "actions", "news")
ABOUT = "Each host is planned as of its snapshot, so a plan here says what would have been done then."

LINES = 120
"""Lines of one host's plan on a page; longer ones are cut."""
WIDTH = 240
"""Characters of each of them."""
SHARE = 0.5
"""How much of a page the table of hosts may take, at most."""
NOTE = 300
"""Characters that are kept for saying what was left out."""

LOUD = frozenset({*DELETING, "invalid", "broken snapshot", "removed", "drain", "guarded"})
"""The news that a page prints in bold."""


def labels(found: Mapping[str, str]) -> str:
    """``ring=canary, site=berlin``."""
    return ", ".join(f"{key}={found[key]}" for key in sorted(found))


_IN_ALL: Mapping[News, str] = {
    "invalid": "with an invalid file",
    "broken snapshot": "with a broken snapshot",
    "removed": "removed",
    "kill": "with a kill",
    "retire": "with a retirement",
    "clean": "with a cleaning",
    "drain": "drained in part",
    "suspend": "with a suspension",
    "guarded": "held by a guardrail",
    "no snapshot": "without a snapshot",
    "new": "new",
    "changes": "with other actions",
    "held": "with other holds",
    "spec": "with a changed spec only",
    "nothing": "without news",
}


def summary(fleet: FleetPlan) -> str:
    """``200 hosts: 1 with a kill, 3 with other actions, 196 without news``; each counted by its worst news."""
    counted = Counter(outlook.news[0] for outlook in worst_first(fleet.outlooks))
    news = ", ".join(f"{count} {_IN_ALL[kind]}" for kind, count in counted.items())
    return f"{words.plural(len(fleet.outlooks), 'host')}: {news}" if news else "no hosts"


# --- text ----------------------------------------------------------------------------------------


def text(fleet: FleetPlan, symbols: Symbols, width: int | None) -> str:
    """A table of the hosts, the worst news first; then those that have any, one by one; and the sum."""
    ordered = worst_first(fleet.outlooks)
    rows = [tuple(words.clean(cell) for cell in _cells(outlook, fleet)) for outlook in ordered]
    blocks = ["\n".join(table(rows, HEADER, width=width, cut=symbols.cut))]
    for outlook in ordered:
        if body := _body(outlook):
            blocks.append("\n".join([f"== {words.clean(outlook.name)}", *body]))
    return "\n\n".join([*blocks, summary(fleet)]) + "\n"


def _cells(outlook: Outlook, fleet: FleetPlan) -> tuple[str, ...]:
    leaves = outlook.difference.leaves if outlook.difference is not None else ()
    return (
        outlook.name,
        labels(outlook.labels),
        age(outlook.observed, fleet.now),
        words.plural(len(leaves), "change") if leaves else "",
        _actions(outlook),
        ", ".join(outlook.news),
    )


def age(observed: float | None, now: float) -> str:
    """``5m ago``; "" for none."""
    if observed is None:
        return ""
    return f"{show_duration(now - observed)} ago" if observed <= now else "after now"


def _actions(outlook: Outlook) -> str:
    """``1 spawn -> 2 spawn, 1 kill``; of the same sum how many come and go: ``4 archive (+2 -2)``."""
    before, after = _sum(outlook.before), _sum(outlook.plan)
    if outlook.difference is None or not outlook.changes:
        return after
    if before == after:
        return f"{after} (+{len(outlook.difference.come)} -{len(outlook.difference.gone)})"
    return f"{before} -> {after}"


def _sum(plan: Plan | None) -> str:
    if plan is None:
        return "?"
    return ", ".join(f"{count} {kind}" for kind, count in plan.summary().items()) or "none"


def _body(outlook: Outlook) -> list[str]:
    """What is to be told of one host beside its row."""
    told = [outlook.note] if outlook.note else []
    told += [str(problem) for problem in outlook.problems]
    if outlook.difference is not None:
        told += [*map(_leaf, outlook.difference.leaves), *outlook.lines]
    elif outlook.plan is not None:
        told += outlook.text.splitlines()
    return [words.clean(line) for line in told]


def _leaf(leaf: Leaf) -> str:
    if leaf.before is None or leaf.after is None:
        mark, value = ("+", leaf.after) if leaf.before is None else ("-", leaf.before)
        return f"{mark} {leaf.path}: {value}" if value else f"{mark} {leaf.path}"
    return f"! {leaf.path}: {leaf.before} -> {leaf.after}"


# --- JSON ----------------------------------------------------------------------------------------


def to_json(fleet: FleetPlan) -> str:
    """The same as a JSON document. Times are wall clocks, seconds since the epoch."""
    ordered = worst_first(fleet.outlooks)
    document = {
        "version": 1,
        "compared": fleet.compared,
        "asked_at": fleet.now,
        "hosts": [_host(outlook) for outlook in ordered],
        "summary": Counter(outlook.news[0] for outlook in ordered),
    }
    return json.dumps(_clean(document), indent=2) + "\n"


def _host(outlook: Outlook) -> dict[str, object]:
    found = outlook.difference
    return {
        "name": outlook.name,
        "file": outlook.path,
        "labels": dict(outlook.labels),
        "news": outlook.news,
        "observed_at": outlook.observed,
        "note": outlook.note,
        "problems": [asdict(problem) for problem in outlook.problems],
        "actions": outlook.plan.summary() if outlook.plan is not None else None,
        "actions_before": outlook.before.summary() if outlook.before is not None else None,
        "difference": asdict(found) if found is not None else None,
        "plan": asdict(outlook.plan) if outlook.plan is not None else None,
    }


def _clean(value: object) -> object:
    """Keys are shortened wherever they stand."""
    if isinstance(value, str):
        return words.clean(value)
    if isinstance(value, dict):
        return {words.clean(str(key)): _clean(item) for key, item in value.items()}
    return [_clean(item) for item in value] if isinstance(value, list | tuple) else value


# --- Markdown ------------------------------------------------------------------------------------


def page(fleet: FleetPlan, limit: int = markdown.LIMIT) -> str:
    """A page for a pull request: the sum, a table, and one folded part a host; at most so many characters."""
    told = [outlook for outlook in worst_first(fleet.outlooks) if outlook.news != ("nothing",)]
    head = f"### plotman: {_headline(fleet)}\n\n{_about(fleet)}\n\n"
    head += markdown.table(HEADER) if told else ""
    room = limit - markdown.length(head) - NOTE
    rows = markdown.fit((_row(outlook, fleet) for outlook in told), int(room * SHARE))
    parts = markdown.fit(map(_part, told), room - sum(map(markdown.length, rows)))
    missing, cut = len(told) - len(rows), len(told) - len(parts)
    notes = [
        *([f"{words.plural(missing, 'more host')} with news did not fit into the table."] if missing else []),
        *([f"The plans of {words.plural(cut, 'more host')} did not fit onto this page."] if cut else []),
    ]
    end = f"\n{' '.join(notes)} All of it: `plotman plan --all --json`.\n" if notes else ""
    return "".join([head, *rows, "\n", *parts, end])


def _headline(fleet: FleetPlan) -> str:
    quiet = sum(outlook.news == ("nothing",) for outlook in fleet.outlooks)
    if quiet == len(fleet.outlooks):
        return "nothing changes" if fleet.compared is not None else "nothing to do"
    return summary(fleet)


def _about(fleet: FleetPlan) -> str:
    ages = [outlook.observed for outlook in fleet.outlooks if outlook.observed is not None]
    if not ages:
        return ABOUT
    oldest, newest = age(min(ages), fleet.now), age(max(ages), fleet.now)
    return f"{ABOUT} The snapshots were taken {newest if oldest == newest else f'{oldest} to {newest}'}."


def _row(outlook: Outlook, fleet: FleetPlan) -> str:
    name, told, observed, spec, actions, _ = _cells(outlook, fleet)
    news = ", ".join(f"**{each}**" if each in LOUD else each for each in outlook.news)
    return markdown.row((code(name), code(told), observed, spec, actions.replace("->", "→"), news))


def _part(outlook: Outlook) -> str:
    """One host's folded part."""
    blocks = [markdown.fenced(_cut(_body(outlook)), "diff" if outlook.difference is not None else "text")]
    if outlook.difference is not None and outlook.difference.planned:
        blocks.append(
            "The whole plan with this change:\n\n" + markdown.fenced(_cut(outlook.text.splitlines()))
        )
    return markdown.folded(f"{code(outlook.name)} {', '.join(outlook.news)}", "\n".join(blocks))


def _cut(lines: Iterable[str]) -> list[str]:
    every = [line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…" for line in lines]
    more = len(every) - LINES
    return every if more <= 0 else [*every[:LINES], f"… {words.plural(more, 'more line')}"]
