"""The example's playbook by the real ansible-playbook, on hosts that are real OpenSSH servers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.sources.setting import load_setting
from tests.examples.rollout import CHECKOUT, EXAMPLE, PLAYBOOK, Rolled, Site, Tree, build_wheel, site
from tests.examples.units import SYSTEMD, unit

pytestmark = pytest.mark.timeout(1800)
"""Ansible takes its time on a busy machine."""

HOSTS = ["h01", "h02", "h03"]


@dataclass(frozen=True)
class Twice:
    """One host, bare at first, and the same run on it two times."""

    site: Site
    first: Rolled
    second: Rolled


@dataclass(frozen=True)
class Rings:
    """Three bare hosts, run by run.

    checked: in check mode, on a canary alone. failed: the canary's spec is wrong. done: it is right. again: nothing is
    new. bare, left: what lay on the hosts after the first and the second.
    """

    site: Site
    checked: Rolled
    bare: dict[str, Tree]
    failed: Rolled
    left: dict[str, Tree]
    done: Rolled
    again: Rolled


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Iterator[Twice]:
    with site(tmp_path_factory.mktemp("twice"), ["h01"], wheel) as here:
        here.commit("h01", here.spec("h01"))
        yield Twice(here, here.roll("--diff"), here.roll("--diff"))


@pytest.fixture(scope="module")
def rings(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Iterator[Rings]:
    with site(tmp_path_factory.mktemp("rings"), HOSTS, wheel) as here:
        for name in HOSTS:
            here.commit(name, here.spec(name))
        here.promote()
        here.commit("h01", here.spec("h01").replace("directories", "directory"))
        checked = here.roll("--diff", "--check", "--limit", "h01")
        bare = here.trees()
        failed = here.roll("--diff")
        left = here.trees()
        here.commit("h01", here.spec("h01"))
        yield Rings(here, checked, bare, failed, left, here.roll("--diff"), here.roll("--diff"))


def test_the_playbook_is_sound() -> None:
    argv = [str(PLAYBOOK), "-i", str(EXAMPLE / "inventory"), "--syntax-check", str(EXAMPLE / "rollout.yaml")]
    run = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stderr


def test_the_fleets_own_inventory_has_the_same_rings(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.mkdir()
    for ring, names in (written := _groups(EXAMPLE / "inventory" / "hosts.yaml")).items():
        for name in names:
            host = {"name": name, "labels": {"ring": ring.removeprefix("ring_")}}
            folders = {"tmp": "/mnt/tmp", "logs": "/var/log/plotman"}
            (hosts / f"{name}.yaml").write_text(
                json.dumps({"version": 3, "host": host, "directories": folders})
            )
    script = tmp_path / "fleet"
    script.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -m reconciler fleet list --ansible --hosts "{hosts}"\n'
    )
    script.chmod(0o755)
    assert _groups(script) == written != {}


def _groups(inventory: Path) -> dict[str, list[str]]:
    """The hosts of each ring, as Ansible reads them."""
    argv = [str(PLAYBOOK.with_name("ansible-inventory")), "-i", str(inventory), "--list"]
    run = subprocess.run(argv, cwd=CHECKOUT, capture_output=True, text=True, timeout=300, check=True)
    found = json.loads(run.stdout)
    return {name: sorted(found[name]["hosts"]) for name in found if name.startswith("ring_")}


# --- one host ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_bare_host_is_set_up_in_one_run(twice: Twice) -> None:
    assert twice.first.code == 0, twice.first.text
    place = twice.site.place("h01")
    assert {name: mode for name, (mode, _) in twice.site.tree("h01").items()} == {
        "etc/allowed_signers": 0o644,
        "etc/identity": 0o400,
        "etc/known_hosts": 0o644,
        "etc/source.yaml": 0o640,
        "units/plotman.service": 0o644,
        "units/plotman.service.d/site.conf": 0o644,
    }
    run = [
        str(twice.site.root / "opt" / "bin" / "plotman"),
        "config",
        "validate",
        str(place / "etc" / "source.yaml"),
    ]
    assert subprocess.run(run, capture_output=True, timeout=300, check=True).stdout == b"1 valid\n"


@pytest.mark.slow
def test_a_second_run_changes_nothing(twice: Twice) -> None:
    assert twice.second.code == 0, twice.second.text
    assert twice.second.count("h01", "changed") == 0


@pytest.mark.slow
def test_the_private_key_is_shown_to_nobody(twice: Twice) -> None:
    _, key = twice.site.tree("h01")["etc/identity"]
    lines = [line for line in key.decode().splitlines() if not line.startswith("-----")]
    assert lines
    assert not any(line in run.text for line in lines for run in (twice.first, twice.second))


@pytest.mark.slow
def test_without_a_service_manager_the_unit_is_checked_but_not_started(twice: Twice) -> None:
    assert {"Restart plotman", "Enabled and started", "Healthy"} <= twice.first.tasks("h01", "skipping")
    assert "Check the unit" in twice.first.tasks("h01", "ok")


@pytest.mark.slow
def test_the_unit_is_the_published_one(twice: Twice) -> None:
    _, deployed = twice.site.tree("h01")["units/plotman.service"]
    assert deployed == (SYSTEMD / "plotman.service").read_bytes()


@pytest.mark.slow
def test_the_drop_in_says_what_the_published_one_for_repositories_says(twice: Twice, tmp_path: Path) -> None:
    place = twice.site.place("h01")
    text = (place / "units" / "plotman.service.d" / "site.conf").read_text()
    (program,) = re.findall(r"ExecStart=(\S+)/bin/plotman", text)
    usual = {program: "/opt/plotman", f"{place}/etc": "/etc/plotman", f"{place}/state": "/var/lib/plotman"}
    for mine, theirs in usual.items():
        text = text.replace(mine, theirs)
    (tmp_path / "site.conf").write_text(text)
    found, published = unit(tmp_path / "site.conf"), unit(SYSTEMD / "plotman.service.d" / "source.conf")
    assert {key: _words(found[key]) for key in published} == {
        key: _words(published[key]) for key in published
    }


def _words(values: Sequence[str]) -> list[list[str]]:
    return [value.split() for value in values]


# --- the rings -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_check_mode_writes_nothing(rings: Rings) -> None:
    assert rings.checked.code == 0, rings.checked.text
    assert rings.bare == {name: {} for name in HOSTS}


@pytest.mark.slow
def test_check_mode_tells_what_the_runs_then_change(rings: Rings) -> None:
    told = rings.checked.tasks("h01", "changed")
    assert told == rings.failed.tasks("h01", "changed") | rings.done.tasks("h01", "changed")


@pytest.mark.slow
def test_a_failing_canary_stops_the_rollout(rings: Rings) -> None:
    assert rings.failed.code == 2
    assert rings.failed.tasks("h01", "fatal") == {"The source gives a good spec"}
    assert rings.failed.hosts == {"h01"}
    assert rings.left["h02"] == rings.left["h03"] == {}


@pytest.mark.slow
def test_the_service_is_told_nothing_before_its_new_spec_is_good(rings: Rings) -> None:
    assert "directory: is not a key here" in rings.failed.text
    assert not any(name.startswith("units") for name in rings.left["h01"])


@pytest.mark.slow
def test_the_next_run_makes_up_for_what_the_failed_one_did_not_come_to(rings: Rings) -> None:
    assert rings.done.code == 0, rings.done.text
    assert {"Unit", "Drop-in"} <= rings.done.tasks("h01", "changed")


@pytest.mark.slow
def test_a_second_run_changes_nothing_on_any_host(rings: Rings) -> None:
    assert rings.again.code == 0, rings.again.text
    assert {name: rings.again.count(name, "changed") for name in HOSTS} == dict.fromkeys(HOSTS, 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("host", "ref", "mode"), [("h01", "main", "head"), ("h02", "tag:stable", "tag")], ids=["canary", "stable"]
)
def test_each_ring_follows_its_own_ref(rings: Rings, host: str, ref: str, mode: str) -> None:
    setting = load_setting(str(rings.site.place(host, "etc", "source.yaml")))
    assert (setting.ref, setting.path) == (ref, f"hosts/{host}.yaml")
    assert setting.verify is not None
    assert setting.verify.mode == mode
