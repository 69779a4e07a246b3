"""What the loop tells of the spec's own source."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from reconciler.events import Event, Trouble
from reconciler.revision import Obstacle, Revision, Revisions
from tests.loop.farm import Farm, Given, spec_text

OLD = Revision(commit="1" * 40, ref="main", at=1.0)


@dataclass
class Followed(Given):
    """A repository that is followed, with one thing wrong with it. damage: and something of this host's, too."""

    obstacle: Obstacle | None
    damage: str = ""

    def __post_init__(self) -> None:
        super().__init__(spec_text())

    def problem(self) -> str | None:
        return f"why{self.damage}" if self.obstacle or self.damage else None

    def revisions(self) -> Revisions:
        why = "why" if self.obstacle else None
        return Revisions(
            source="farm.git h", applied=OLD, attempted=OLD, asked=2.0, obstacle=self.obstacle, problem=why
        )


@pytest.mark.parametrize(
    ("source", "away", "words"),
    [
        (Followed("unreachable"), True, "the spec's repository cannot be asked, the last good one goes on:"),
        (Followed("unreachable", " and more"), False, "a newer spec is not in force"),
        (Followed("invalid"), False, "a newer spec is not in force"),
        (Followed("shrunk"), False, "a newer spec is not in force"),
    ],
)
def test_a_repository_that_does_not_answer_is_told_from_a_spec_that_is_wrong(
    source: Followed, away: bool, words: str
) -> None:
    farm = Farm()
    farm.source = source
    heard: list[Event] = []
    loop = farm.loop(report=heard.append)
    with loop.locks():
        loop.tick()
        loop.tick()
        source.obstacle, source.damage = None, ""
        loop.tick()
    told, over = (event for event in heard if isinstance(event, Trouble))
    assert told.away is away and told.text.startswith(words)
    assert over.over and not over.away
