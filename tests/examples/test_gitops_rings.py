"""Hosts follow the example's repository ring by ring: real loops, real git, real ssh, and its workflows' steps."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from reconciler.revision import Revisions
from tests.examples.fleet_forge import MERGE, Runner, Step, request, shims, shipped
from tests.examples.fleet_hosts import Host, folders, home, host, looping, make_keys, overlay
from tests.ports import free_port
from tests.sources.forge import WHO, Forge, Key

RINGS = {"h01": "canary", "h02": "stable", "h03": "stable"}
AWAY = "h04"
"""A host of the repository that does not answer."""


@dataclass(frozen=True)
class Farm:
    """The repository, its hosts by name, and the two machines of the farm that ask them. programs: a folder of PATH."""

    root: Path
    forge: Forge
    hosts: Mapping[str, Host]
    programs: Path
    homes: Mapping[str, Path]

    @property
    def canary(self) -> Host:
        return self.hosts["h01"]

    @property
    def others(self) -> tuple[Host, Host]:
        return self.hosts["h02"], self.hosts["h03"]

    def commit(self, path: str, old: str, new: str, branch: str = "main") -> str:
        """Change a file there."""
        text = self.forge.git("show", f"refs/heads/{branch}:{path}") + "\n"
        assert old in text
        return self.forge.commit({path: text.replace(old, new)}, branch=branch)

    def environment(self, who: str) -> dict[str, str]:
        """Of the runner or the collector: who it is by ssh, and its programs."""
        return {
            **os.environ,
            **WHO,
            "HOME": str(self.homes[who]),
            "PATH": f"{self.homes[who] / 'bin'}:{self.programs}:{os.environ['PATH']}",
            "GITHUB_STEP_SUMMARY": str(self.root / "summary"),
        }

    def run(self, workflow: str, job: str, ref: str) -> dict[str, Step]:
        """The steps of a job, for the commit that a ref is at."""
        environment = {
            **self.environment("runner"),
            "GITHUB_SHA": self.forge.git("rev-parse", ref),
        }
        folder = self.root / f"run-{len(list(self.root.glob('run-*')))}"
        return Runner(folder, self.forge, ref, environment, {"inputs.hours": "0"}).run(workflow, job)

    def promote(self) -> Step:
        """The workflow of that name, which somebody approves at once: what its gate said."""
        gate = self.run("promote", "gate", "refs/heads/main")["The canaries are well"]
        if gate.code == 0:
            moved = self.run("promote", "stable", "refs/heads/main")["Move stable"]
            assert moved.code == 0, moved
        return gate

    def status(self, *options: str) -> subprocess.CompletedProcess[str]:
        """What `plotman fleet status` tells somebody with a clone of the branch `stable`."""
        clone = self.root / "clone"
        if not clone.exists():
            subprocess.run(["git", "clone", "-q", "-b", "stable", self.forge.url, str(clone)], check=True)
        return self.plotman("fleet", "status", *RINGS, *options, at=clone)

    def plotman(self, *arguments: str, at: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run it on the runner, in some folder."""
        return subprocess.run(
            [self.programs / "plotman", *arguments],
            cwd=at,
            env=self.environment("runner"),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


@contextmanager
def farm(root: Path) -> Iterator[Farm]:
    """A farm all of whose hosts follow the first commit."""
    forge = Forge(root / "farm.git")
    programs = shims(root / "programs")
    keys = make_keys(root / "keys")
    with ExitStack() as stack:
        hosts = {}
        for name, ring in RINGS.items():
            folders(root / name)
            found = host(name, ring, root / name, programs / "plotman", forge.url, keys)
            hosts[name] = stack.enter_context(found)
        ports = {name: each.server.port for name, each in hosts.items()} | {AWAY: free_port()}
        overlays = {f"hosts/{name}.yaml": overlay(name, root / name, port) for name, port in ports.items()}
        first = forge.commit({**shipped(), **overlays})
        forge.point("refs/heads/stable", first)
        for each in hosts.values():
            stack.enter_context(looping(each))
        for each in hosts.values():
            each.wait(at(first))
        homes = {who: home(root / f"home-{who}", hosts, keys / who) for who in ("runner", "collector")}
        yield Farm(root, forge, hosts, programs, homes)


def at(commit: str) -> Callable[[Revisions], bool]:
    """That commit is in force, and nothing stands in the way of a newer one."""
    return lambda seen: seen.applied is not None and seen.applied.commit == commit and seen.obstacle is None


def held(commit: str, obstacle: str) -> Callable[[Revisions], bool]:
    """That commit was met, and is not followed for that reason."""
    return lambda seen: (
        seen.attempted is not None and (seen.attempted.commit, seen.obstacle) == (commit, obstacle)
    )


def verdicts(status: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Each host's, in the order of the table."""
    rows = status.stdout.partition("\n\n")[0].splitlines()[1:]
    return {row.split()[0]: row.split()[1] for row in rows}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with farm(tmp_path_factory.mktemp("farm")) as made:
        yield made


def test_a_change_goes_from_ring_to_ring_and_a_bad_one_stops_at_the_canary(here: Farm) -> None:
    forge = here.forge
    first = forge.tip("stable")
    assert first is not None
    good = here.commit("groups/nvme.yaml", "jobs: 4", "jobs: 3")
    here.canary.meets(at(good))
    assert all(at(first)(each.look()) for each in here.others)

    assert here.promote().out == "h01 is well\n"
    assert forge.tip("stable") == good
    for each in here.others:
        each.meets(at(good))

    shown = here.plotman("config", "show", "-f", str(here.canary.source))
    assert yaml.safe_load(shown.stdout)["scheduling"]["tmp"]["max_jobs"] == 3
    wrong = here.plotman("config", "show", "--origin", "-f", str(here.canary.source))
    assert wrong.returncode == 64 and "--host NAME --origin" in wrong.stderr

    # A slip that is a valid spec, so that no check of the request refuses it.
    slip = here.commit("groups/nvme.yaml", '  dst: ["${var.mnt}/dst/0"]\n', "")
    here.canary.meets(held(slip, "shrunk"))
    refused = here.promote()
    assert (
        refused.code == 1
        and "h01 does not follow the newest revision, shrunk: directories.dst" in refused.out
    )
    assert forge.tip("stable") == good
    status = here.status()
    assert verdicts(status) == {"h01": "attention", "h02": "ok", "h03": "ok"}
    assert f"main@{good[:7]}" in status.stdout and f"main@{slip[:7]} is not in force" in status.stdout
    for each in here.others:
        seen = each.look()
        assert seen.attempted == seen.applied

    reverted = forge.commit({"groups/nvme.yaml": forge.git("show", f"{good}:groups/nvme.yaml") + "\n"})
    here.canary.meets(at(reverted))
    assert here.promote().code == 0
    for each in here.others:
        each.meets(at(reverted))


def test_what_the_hosts_have_seen_reaches_the_plan_of_a_request(here: Farm) -> None:
    clone = here.root / "collector"
    subprocess.run(["git", "clone", "-q", here.forge.url, str(clone)], check=True)
    collected = subprocess.run(
        ["python3", "tools/collect.py"],
        cwd=clone,
        env=here.environment("collector"),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert collected.returncode == 1
    assert collected.stderr.startswith(f"{AWAY}: ") and "Connection refused" in collected.stderr
    found = here.forge.git("ls-tree", "--name-only", "snapshots").splitlines()
    assert found == [f"{name}.json" for name in RINGS]
    assert here.forge.git("rev-list", "--count", "snapshots") == "1"

    group = here.forge.git("show", "main:groups/hdd.yaml").replace("stagger: 2h", "stagger: 3h")
    request(here.forge, {"groups/hdd.yaml": f"{group}\n"})
    done = here.run("plan", "plan", MERGE)
    assert (done["Validate"].code, done["Plan"].code) == (0, 0)
    assert "::warning::a host has no snapshot" in done["Plan"].out
    page = (here.root / "summary").read_text()
    assert "scheduling.stagger: 2h -> 3h" in page
    rows = {line.split("</code>")[0]: line for line in page.splitlines() if line.startswith("| <code>")}
    assert rows.keys() == {"| <code>h03", f"| <code>{AWAY}"}
    assert rows[f"| <code>{AWAY}"].endswith("no snapshot, spec |")


@pytest.mark.parametrize(("reader", "said"), [("runner", '{"version": 1, "host"'), ("collector", "{")])
def test_a_key_from_outside_reads_one_thing_whatever_it_asks_for(here: Farm, reader: str, said: str) -> None:
    ssh = [str(here.homes[reader] / "bin" / "ssh"), "-p", str(here.canary.server.port), "127.0.0.1"]
    argv = [*ssh, "rm -rf", str(here.canary.root)]
    asked = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
    assert (asked.returncode, asked.stdout[: len(said)]) == (0, said), asked.stderr
    assert here.canary.source.exists()


@pytest.mark.slow
def test_a_revision_that_is_no_spec_stops_at_the_canary_until_it_is_reverted(here: Farm) -> None:
    good = here.forge.tip()
    assert good is not None and all(at(good)(each.look()) for each in here.hosts.values())
    path = "hosts/h01.yaml"
    bad = here.commit(path, '"ring": "canary"', '"ring": ["canary"]')
    kicked = here.plotman("kick", "-f", str(here.canary.source))
    assert kicked.stdout == "a running loop looks now\n"
    here.canary.wait(held(bad, "invalid"))
    refused = here.promote()
    assert (refused.code, refused.out) == (1, "no canary answers for it\n")
    assert f"{path}:1:" in refused.err and "host.labels.ring" in refused.err
    assert verdicts(here.status()) == {"h01": "attention", "h02": "ok", "h03": "ok"}
    assert all(each.look().attempted == each.look().applied for each in here.others)

    reverted = here.commit(path, '"ring": ["canary"]', '"ring": "canary"')
    here.canary.meets(at(reverted))
    assert here.promote().code == 0
    for each in here.others:
        each.meets(at(reverted))


@pytest.mark.slow
def test_a_tag_moves_the_stable_hosts_only_where_a_trusted_key_has_signed_it(tmp_path: Path) -> None:
    forge = Forge(tmp_path / "farm.git")
    ann, eve = signer(tmp_path / "ann"), signer(tmp_path / "eve")
    signers = tmp_path / "allowed_signers"
    signers.write_text(f"ann@farm.lan {(tmp_path / 'ann.pub').read_text()}")
    trusted = {"mode": "tag", "allowed_signers": str(signers)}
    root, plotman = tmp_path / "h02", shims(tmp_path / "programs") / "plotman"
    folders(root)
    keys = make_keys(tmp_path / "keys")
    with host("h02", "stable-signed", root, plotman, forge.url, keys, verify=trusted) as h02:
        first = forge.commit({**shipped(), "hosts/h02.yaml": overlay("h02", root, h02.server.port)})
        forge.tag("stable", first, ann)
        with looping(h02):
            seen = h02.wait(at(first))
            assert seen.applied is not None and str(seen.applied.signer).startswith("ann@farm.lan ")
            second = forge.commit({"README.md": "A change.\n"})
            assert at(first)(h02.look()), "what is on main only is none of its business"
            forge.tag("stable", second, eve)
            h02.meets(held(second, "unverified"))
            forge.tag("stable", second, ann)
            h02.meets(at(second))


def signer(path: Path) -> Key:
    """A new SSH key that signs, in that file."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True, timeout=300)
    return Key(("gpg.format=ssh", f"user.signingkey={path}"), {})
