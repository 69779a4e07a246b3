"""Old plots that give way, as people read it."""

from __future__ import annotations

from reconciler.desire import desire
from reconciler.drift import drift
from reconciler.views import diff
from reconciler.views.events import Teller
from reconciler.views.explain import ExplainView
from reconciler.views.plan import PlanView
from reconciler.views.symbols import ASCII
from tests.loop.test_retire import Replot


def test_a_plan_says_what_goes_from_where_and_for_what() -> None:
    farm = Replot(backlog=1)
    loop = farm.loop()
    with loop.locks():
        ticked = loop.tick()
    text = PlanView(farm.spec, (), ASCII).text(ticked.plan, ticked.facts.seen, "farm.yaml")
    (line,) = (line for line in text.splitlines() if "retire" in line and "Plan:" not in line)
    assert line.split()[:2] == ["-", "retire"]
    assert "farm:/farm/2, for plot-k32-" in line
    assert "0 of 20 old plots at farm gave way within 24 h" in line
    assert "1 to retire" in text


def test_differences_and_reasons_name_the_old_plot() -> None:
    farm = Replot(backlog=1)
    loop = farm.loop()
    with loop.locks():
        facts = loop.tick().facts
    wish = desire(facts)
    (change,) = drift(wish.observed, wish.desired)
    assert change.path.startswith("farmers.farm:/farm/2/plot-k32-")
    assert "-> absent" in diff.text([change])
    told = ExplainView(facts, wish, ASCII).farmer(facts.seen.farmers["farm"])
    assert "retire plot-k32-" in told
    assert "last resort" in told


def test_the_loop_tells_when_one_is_gone() -> None:
    farm = Replot(backlog=1)
    teller = Teller(farm.spec, ASCII, 0.0, 0)
    lines: list[str] = []
    farm.run(farm.loop(report=lambda event: lines.extend(teller.tell(event))), done=farm.replaced)
    assert sum("- retire  plot-k32-" in line for line in lines) == 1
    assert sum("retiring plot-k32-" in line and line.endswith("finished") for line in lines) == 1
