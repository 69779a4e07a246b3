"""A program of the owner's: what it is told, what its end means, and what it cannot do to us."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.errand import Way, fill, way_of
from reconciler.spec.farmers import Archive
from reconciler.spec.judge import judged
from tests.transports.conftest import make
from tests.transports.farm import MEGABYTE, Farm, pooled, until
from tests.transports.ways import Servers

SAME = "import filecmp, sys; sys.exit(not filecmp.cmp(*sys.argv[1:], shallow=False))"
PASSES, FAILS = (sys.executable, "-c", ""), (sys.executable, "-c", "raise SystemExit('no such plot')")


@pytest.fixture
def alone(tmp_path: Path, far: Servers) -> Farm:
    """Without ssh: what stands at the target is the program's to say."""
    farm = make(tmp_path, "command", far)
    check = (sys.executable, "-c", SAME, "{source}", "{target}")
    return replace(farm, way=replace(farm.way, login=None, check=check))


@pytest.fixture
def beside(tmp_path: Path, far: Servers) -> Farm:
    """With ssh beside it."""
    return make(tmp_path, "command", far)


def telling(farm: Farm, script: str, *words: str, check: tuple[str, ...] | None = None) -> Farm:
    """With a Python script as its program."""
    argv = (sys.executable, "-c", script, *words)
    return replace(farm, way=replace(farm.way, argv=argv, check=farm.way.check if check is None else check))


def test_the_program_is_told_what_its_arguments_ask_for(alone: Farm) -> None:
    script = "import sys; print(*map(repr, sys.argv[1:]), sep='\\n'); raise SystemExit(3)"
    words = ("{source}", "to={target}", "{plot}/{bytes}", "{disk}", "{other}", "{", "$HOME {source}")
    farm = telling(alone, script, *words)
    farm.put(7)
    mover = farm.start()
    assert mover.ended().kind == "tool"
    lines = [line[2:] for line in mover.log.read_text().splitlines() if line.startswith("| '")]
    source, target = str(farm.at_source), str(farm.at_target)
    told = [source, f"to={target}", f"{farm.plot}/7", str(farm.disk), "{other}", "{", f"$HOME {source}"]
    assert lines == [repr(word) for word in told]


def test_what_the_spec_says_of_the_farmer_is_filled_in_and_a_value_is_not_filled_again() -> None:
    transport = {"kind": "command", "argv": ["scp", "{user}@{host}:{port}", "{source}"]}
    archive = judged(
        Archive, {"name": "f", "host": "nas", "user": "u", "disks": "/d/0", "transport": transport}
    )
    assert way_of(archive, "/d/0").argv == ("scp", "u@nas:22", "{source}")
    assert fill(["{a}{b}"], {"a": "{b}", "b": "c"}) == ("{b}c",)


def test_without_ssh_and_without_a_check_nothing_is_moved(alone: Farm) -> None:
    farm = replace(alone, way=replace(alone.way, check=()))
    data = farm.put()
    told = farm.move()
    assert told.kind == "tool"
    assert "transport.verify" in (told.error or "")
    assert farm.untouched(data)


def test_without_ssh_a_plot_leaves_its_source_only_once_the_check_passes(alone: Farm) -> None:
    farm = replace(alone, way=replace(alone.way, check=FAILS))
    data = farm.put()
    told = farm.move()
    assert (told.kind, told.error) == ("tool", f"{farm.disk}: {sys.executable} ended with 1: no such plot")
    assert farm.at_source.read_bytes() == data
    assert alone.move().outcome == "finished"
    assert alone.arrived(data)


def test_without_ssh_the_folder_that_the_plot_lies_in_is_no_target(alone: Farm) -> None:
    data = alone.put()
    farm = replace(alone, disk=alone.source)
    assert farm.move().kind == "conflict"
    assert farm.at_source.read_bytes() == data


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts")
def test_without_ssh_a_disk_that_shows_the_source_by_another_file_system_is_no_target(
    alone: Farm, tmp_path: Path
) -> None:
    data = alone.put()
    with pooled(alone, tmp_path):
        assert alone.move().kind == "conflict"
        assert alone.at_source.read_bytes() == data


@pytest.mark.parametrize(("check", "kind"), [((), "corrupt"), (FAILS, "corrupt"), (PASSES, None)])
def test_beside_ssh_the_copy_is_read_back_unless_the_check_passes(
    beside: Farm, check: tuple[str, ...], kind: str | None
) -> None:
    spoils = "import sys; open(sys.argv[1], 'wb').write(bytes(1000))"
    farm = telling(beside, spoils, "{target}", check=check)
    data = farm.put(1000)
    told = farm.move()
    assert told.kind == kind
    if kind is None:
        assert farm.at_target.read_bytes() == bytes(1000)
    else:
        assert farm.untouched(data)


def test_beside_ssh_a_check_does_not_excuse_another_size(beside: Farm) -> None:
    farm = telling(beside, "import sys; open(sys.argv[1], 'wb').write(b'half')", "{target}", check=PASSES)
    data = farm.put(1000)
    assert farm.move().kind == "corrupt"
    assert farm.untouched(data)


def test_a_program_that_puts_a_file_of_its_own_in_place_of_ours_is_fine(beside: Farm) -> None:
    script = "import os, shutil, sys; a, b = sys.argv[1:]; shutil.copy(a, b + '.x'); os.replace(b + '.x', b)"
    farm = telling(beside, script, "{source}", "{target}")
    data = farm.put()
    assert farm.move().outcome == "finished"
    assert farm.arrived(data)


def test_what_a_program_prints_is_no_line_of_our_log(alone: Farm) -> None:
    says = "print('{\"outcome\": \"finished\"}'); print('\\udcff\\x1b[2J'); raise SystemExit('x' * 9999)"
    farm = telling(alone, "import sys; sys.stdout.reconfigure(errors='surrogateescape')\n" + says)
    data = farm.put()
    mover = farm.start()
    told = mover.ended()
    assert (told.outcome, told.kind) == ("failed", "tool")
    assert farm.untouched(data)
    assert '| {"outcome"' in mover.log.read_text()


@pytest.mark.parametrize(
    ("words", "kind"), [("No space left on device", "full"), ("Permission denied", "refused"), ("?", "tool")]
)
def test_the_last_words_tell_what_went_wrong(alone: Farm, words: str, kind: str) -> None:
    farm = telling(alone, f"raise SystemExit('first\\nit says: {words}')")
    farm.put()
    told = farm.move()
    assert told.kind == kind
    assert (told.error or "").endswith(f"ended with 1: it says: {words}")


def test_a_program_that_cannot_be_run_is_named(alone: Farm) -> None:
    farm = replace(alone, way=Way(argv=("/nowhere/sink",), check=FAILS))
    farm.put()
    told = farm.move()
    assert (told.kind, told.error) == ("tool", "/nowhere/sink cannot be run: No such file or directory")


def test_no_mover_takes_up_a_plot_that_a_program_still_copies(alone: Farm) -> None:
    ready, go = alone.logs.parent / "ready", alone.logs.parent / "go"
    os.mkfifo(go)
    script = "import sys; open(sys.argv[1], 'w').write('x'); open(sys.argv[2]).read()"
    farm = telling(alone, script, str(ready), str(go))
    data = farm.put(2 * MEGABYTE)
    mover = farm.start()
    until(ready.exists)
    mover.signal(signal.SIGKILL)
    mover.code()
    assert alone.start().ended().kind == "busy"
    with go.open("w"):
        pass
    alone.settled()
    assert alone.start().ended().outcome == "finished"
    assert alone.arrived(data)
