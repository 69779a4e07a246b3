from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.sources import waiting
from tests.sources import keys
from tests.sources.forge import Forge
from tests.sources.keys import Keys


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks follow upon one another as fast as they are asked for."""
    monkeypatch.setattr(waiting, "SHORTEST", 0.02)


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    return Forge(tmp_path / "farm.git")


@pytest.fixture(scope="session")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keys]:
    if shutil.which("gpg") is None:
        pytest.skip("no gpg here: Debian has it in gnupg")
    home = tempfile.mkdtemp(prefix="gpg")
    try:
        yield keys.make(tmp_path_factory.mktemp("keys"), Path(home))
    finally:
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=True, timeout=60)
        shutil.rmtree(home, ignore_errors=True)
