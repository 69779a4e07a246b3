from __future__ import annotations

import pytest

from reconciler.plotters import Plotters


@pytest.fixture(scope="session")
def plotters() -> Plotters:
    return Plotters.load()
