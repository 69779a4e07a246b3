"""Each plan case: what is planned, and what is held, is exactly what its file expects."""

from __future__ import annotations

import pytest

from reconciler.plan import plan
from reconciler.plotters import Plotters
from tests.planning.cases import Case, cases


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_plan_is_as_the_case_expects(case: Case, plotters: Plotters) -> None:
    faults = case.faults(plan(case.spec, case.observed, plotters))
    assert not faults, "\n".join([case.about, *faults])
