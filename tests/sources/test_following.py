"""How a host follows: what counts as progress, what wakes it, and what its mirror may suffer."""

from __future__ import annotations

import fcntl
import itertools
import os
import socket
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from reconciler.bell import Bell, ring
from reconciler.errors import SpecError
from reconciler.sources import waiting
from reconciler.sources.git import GitSource
from reconciler.sources.waiting import pauses, wake_path
from reconciler.spec.files import Files
from reconciler.spec.loaded import Loaded
from tests.sources.following import PATIENCE, applied, following, held, read, setting, tmps, until
from tests.sources.forge import PATH, Forge, spec


def test_an_overlay_extends_files_of_its_own_revision(forge: Forge, tmp_path: Path) -> None:
    base = "version: 3\nvars: {disk: /mnt/a}\nspace: {floor: 5GB}\n"
    text = "extends: [../base.yaml]\ndirectories: {tmp: ['${var.disk}'], logs: /var/log/plots}\n"
    first = forge.commit({PATH: text, "base.yaml": base})
    with following(setting(forge.url, tmp_path / "state")) as source:
        loaded = source.current()
        assert tmps(loaded) == ["/mnt/a"] and loaded.spec.space.floor == 5_000_000_000
        until(source, applied(first))
        second = forge.commit({"base.yaml": base.replace("/mnt/a", "/mnt/b")})
        until(source, applied(second))
        assert tmps(source.current()) == ["/mnt/b"]


def test_a_much_smaller_spec_waits_for_a_word(forge: Forge, tmp_path: Path) -> None:
    forge.commit({PATH: spec("/mnt/a", "/mnt/b", "/mnt/c")})
    with following(setting(forge.url, tmp_path / "state")) as source:
        source.current()
        less = forge.commit({PATH: spec("/mnt/a")})
        seen = until(source, held(less, "shrunk"))
        assert "directories.tmp has 1 left of 3" in str(seen.problem)
        assert len(tmps(source.current())) == 3
        meant = forge.commit({PATH: spec("/mnt/a", more="allow_empty: true\n")})
        until(source, applied(meant))


def _annotated(forge: Forge, name: str, commit: str) -> None:
    forge.tag(name, commit)


def _light(forge: Forge, name: str, commit: str) -> None:
    forge.point(f"refs/tags/{name}", commit)


@pytest.mark.parametrize("tag", [_annotated, _light])
def test_a_tag_may_move_on_but_not_back(
    tag: Callable[[Forge, str, str], None], forge: Forge, tmp_path: Path
) -> None:
    first, second = (forge.commit({PATH: spec(path)}) for path in ("/mnt/a", "/mnt/b"))
    tag(forge, "stable", first)
    with following(setting(forge.url, tmp_path / "state", ref="tag:stable")) as source:
        source.current()
        tag(forge, "stable", second)
        seen = until(source, applied(second))
        assert str(seen.applied) == f"stable@{second[:7]}"
        tag(forge, "stable", first)
        seen = until(source, held(first, "rewound"))
        assert tmps(source.current()) == ["/mnt/b"]


def test_a_commit_is_followed_for_good(forge: Forge, tmp_path: Path) -> None:
    first = forge.commit({PATH: spec("/mnt/a")})
    forge.commit({PATH: spec("/mnt/b")})
    with following(setting(forge.url, tmp_path / "state", ref=first)) as source:
        assert tmps(source.current()) == ["/mnt/a"]
        assert str(until(source, applied(first)).applied) == f"commit@{first[:7]}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_a_repository_of_this_machine_may_be_somebody_elses(forge: Forge, tmp_path: Path) -> None:
    forge.commit({PATH: spec("/mnt/a")})
    for path in (forge.folder, *forge.folder.rglob("*")):
        os.chown(path, 65534, 65534)
    with following(setting(forge.url, tmp_path / "state")) as source:
        assert tmps(source.current()) == ["/mnt/a"]


def test_the_host_may_name_an_older_commit(forge: Forge, tmp_path: Path) -> None:
    first, second = (forge.commit({PATH: spec(path)}) for path in ("/mnt/a", "/mnt/b"))
    for named, path in ((second, "/mnt/b"), (first, "/mnt/a")):
        with following(setting(forge.url, tmp_path / "state", ref=named)) as source:
            source.current()
            until(source, applied(named))
            assert tmps(source.current()) == [path]


@pytest.mark.parametrize("more", [{"allow_force_push": True}, {"ref": "other"}])
def test_history_may_be_left_where_the_host_says_so(
    more: dict[str, Any], forge: Forge, tmp_path: Path
) -> None:
    forge.commit({PATH: spec("/mnt/a")})
    with following(setting(forge.url, tmp_path / "state")) as source:
        source.current()
    tree = forge.tree({PATH: spec("/mnt/b")})
    unrelated = forge.commit_tree(tree)
    for branch in ("main", "other"):
        forge.point(f"refs/heads/{branch}", unrelated)
    with following(setting(forge.url, tmp_path / "state")) as source:
        source.current()
        until(source, held(unrelated, "rewound"))
    with following(setting(forge.url, tmp_path / "state", **more)) as source:
        source.current()
        until(source, applied(unrelated))


def test_what_is_met_keeps_the_time_when_that_was_first(forge: Forge, tmp_path: Path) -> None:
    forge.commit({PATH: spec()})
    with following(setting(forge.url, tmp_path / "state")) as source:
        source.current()
        bad = forge.commit({PATH: "no: spec"})
        first = until(source, held(bad, "invalid"))
        second = until(source, lambda seen: seen.asked != first.asked)
        assert first.attempted == second.attempted
    with following(setting(forge.url, tmp_path / "state")) as source:
        source.current()
        assert until(source, held(bad, "invalid")).attempted == first.attempted


def test_a_revision_that_is_in_force_is_not_read_again(forge: Forge, tmp_path: Path) -> None:
    forge.commit({PATH: spec()})
    reads = []

    def count(files: Files, path: str) -> Loaded:
        reads.append(path)
        return read(files, path)

    with following(setting(forge.url, tmp_path / "state"), load=count) as source:
        loaded = source.current()
        for _ in range(3):
            asked = source.revisions().asked
            until(source, lambda seen, asked=asked: seen.asked != asked)  # type: ignore[misc]
        assert source.current() is loaded
    assert reads == [PATH]


# --- wake-ups ------------------------------------------------------------------------------------


def heard(bell: socket.socket) -> bool:
    bell.settimeout(PATIENCE)
    return bool(bell.recv(16))


def test_the_loop_is_rung_for_news_and_for_nothing_else(forge: Forge, tmp_path: Path) -> None:
    forge.commit({PATH: spec("/mnt/a")})
    bell = Bell(str(tmp_path / "loop"))
    hung = bell.hang()
    assert hung is not None
    with following(setting(forge.url, tmp_path / "state")) as source:
        source.current()
        source.listen(bell.path)
        asked = source.revisions().asked
        until(source, lambda seen: seen.asked != asked)
        with pytest.raises(BlockingIOError):
            hung.recv(16)
        forge.commit({PATH: spec("/mnt/b")})
        source.hurry()
        assert heard(hung) and tmps(source.current()) == ["/mnt/b"]
        hung.setblocking(False)
        forge.commit({PATH: "no: spec"})
        source.hurry()
        assert heard(hung) and source.revisions().obstacle == "invalid"
    bell.close()


def test_whoever_rings_the_bell_in_the_state_folder_shortens_the_wait(forge: Forge, tmp_path: Path) -> None:
    forge.commit({PATH: spec("/mnt/a")})
    given = setting(forge.url, tmp_path / "state")
    with following(given) as source:
        source.current()
        second = forge.commit({PATH: spec("/mnt/b")})
        assert ring(wake_path(given.folder))
        deadline = time.monotonic() + PATIENCE
        while not applied(second)(source.revisions()):
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_an_interval_longer_than_any_wait_of_the_system_can_be_shortened_too(
    forge: Forge, tmp_path: Path
) -> None:
    forge.commit({PATH: spec("/mnt/a")})
    with following(setting(forge.url, tmp_path / "state", interval="60d")) as source:
        source.current()
        until(source, applied(forge.commit({PATH: spec("/mnt/b")})))


def test_a_flood_of_rings_is_not_a_flood_of_looks(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "SHORTEST", 0.4)
    forge.commit({PATH: spec()})
    with following(setting(forge.url, tmp_path / "state")) as source:
        source.current()
        asked: list[float] = []
        ends = time.monotonic() + PATIENCE
        while len(asked) < 4:
            source.hurry()
            now = source.revisions().asked
            assert now is not None and time.monotonic() < ends
            asked += [] if now in asked else [now]
            time.sleep(0.005)
        assert min(later - sooner for sooner, later in pairwise(asked)) > 0.39


def test_between_two_looks_nothing_is_spent(forge: Forge, tmp_path: Path) -> None:
    forge.commit({PATH: spec()})
    with following(setting(forge.url, tmp_path / "state")) as source:
        source.current()
        assert source._thread.ident is not None
        clock = time.pthread_getcpuclockid(source._thread.ident)

        def spent() -> float:
            before = time.clock_gettime(clock)
            time.sleep(0.5)
            return time.clock_gettime(clock) - before

        until(source, lambda _: spent() == 0.0)


def test_a_call_never_waits_once_it_has_given_a_spec(forge: Forge, tmp_path: Path) -> None:
    forge.commit({PATH: spec()})
    with following(setting(forge.url, tmp_path / "state")) as source:
        loaded, asked = source.current(), source.revisions().asked
        with (tmp_path / "state" / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            source.hurry()
            assert all(source.current() is loaded for _ in range(100))
            assert source.revisions().asked == asked, "the look waits for the lock"


@over(st.floats(1, 1e5), st.floats(0, 0.5), st.text(max_size=5))
def test_pauses_vary_within_the_jitter_and_alike_for_one_seed(
    seconds: float, jitter: float, seed: str
) -> None:
    first, again = (list(itertools.islice(pauses(seconds, jitter, seed), 9)) for _ in range(2))
    assert first == again
    assert all(seconds * (1 - jitter) <= each * 1.000001 for each in first)
    assert all(each <= seconds * (1 + jitter) * 1.000001 for each in first)
    assert jitter < 0.01 or first != list(itertools.islice(pauses(seconds, jitter, seed + "x"), 9))


# --- the mirror ----------------------------------------------------------------------------------


def _cut_packs(mirror: Path) -> None:
    for pack in (mirror / "objects" / "pack").glob("*.pack"):
        pack.chmod(0o644)
        pack.write_bytes(pack.read_bytes()[:40])


def _no_objects(mirror: Path) -> None:
    for pack in (mirror / "objects" / "pack").iterdir():
        pack.unlink()


def _no_head(mirror: Path) -> None:
    (mirror / "HEAD").unlink()


def _bad_head(mirror: Path) -> None:
    (mirror / "HEAD").write_text("\0\0\0")


def _bad_ref(mirror: Path) -> None:
    (mirror / "refs" / "plotman" / "met").write_text("\0\0\0")


def _bad_config(mirror: Path) -> None:
    (mirror / "config").write_text("[core\n")


def _locked(mirror: Path) -> None:
    (mirror / "refs" / "plotman" / "met.lock").touch()
    (mirror / "config.lock").touch()


@pytest.mark.parametrize(
    "damage", [_cut_packs, _no_objects, _no_head, _bad_head, _bad_ref, _bad_config, _locked]
)
@pytest.mark.parametrize("restart", [False, True])
def test_a_damaged_mirror_is_made_anew(
    damage: Callable[[Path], None], restart: bool, forge: Forge, tmp_path: Path
) -> None:
    forge.commit({PATH: spec("/mnt/a")})
    given = setting(forge.url, tmp_path / "state")
    with following(given) as source:
        source.current()
        if not restart:
            damage(tmp_path / "state" / "mirror.git")
            until(source, applied(forge.commit({PATH: spec("/mnt/b")})))
    if restart:
        damage(tmp_path / "state" / "mirror.git")
        with following(given) as source:
            source.current()
            until(source, applied(forge.commit({PATH: spec("/mnt/b")})))


def test_a_new_mirror_still_knows_what_was_followed(forge: Forge, tmp_path: Path) -> None:
    first = forge.commit({PATH: spec("/mnt/a")})
    forge.commit({PATH: spec("/mnt/b")})
    given = setting(forge.url, tmp_path / "state")
    with following(given) as source:
        source.current()
    (tmp_path / "state" / "mirror.git").rename(tmp_path / "lost")
    forge.point("refs/heads/main", first)
    with following(given) as source:
        source.current()
        until(source, held(first, "rewound"))


def test_many_fetches_leave_few_packs(forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.sources.mirror.PACKS", 3)
    forge.commit({PATH: spec()})
    with following(setting(forge.url, tmp_path / "state")) as source:
        source.current()
        for number in range(8):
            until(source, applied(forge.commit({PATH: spec(f"/mnt/{number}")})))
    packs = list((tmp_path / "state" / "mirror.git" / "objects" / "pack").glob("*.pack"))
    assert 0 < len(packs) <= 4


def test_two_loops_share_one_state_folder(forge: Forge, tmp_path: Path) -> None:
    forge.commit({PATH: spec("/mnt/a")})
    given = setting(forge.url, tmp_path / "state")
    with following(given) as one, following(given) as other:
        for source in (one, other):
            source.current()
        for number in range(5):
            commit = forge.commit({PATH: spec(f"/mnt/{number}")})
            for source in (one, other):
                source.hurry()
            for source in (one, other):
                until(source, applied(commit))


def test_while_another_process_works_in_the_state_folder_a_look_waits(forge: Forge, tmp_path: Path) -> None:
    forge.commit({PATH: spec("/mnt/a")})
    with following(setting(forge.url, tmp_path / "state")) as source:
        source.current()
        with (tmp_path / "state" / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            asked = source.revisions().asked
            commit = forge.commit({PATH: spec("/mnt/b")})
            source.hurry()
            time.sleep(0.3)
            assert source.revisions().asked == asked
        until(source, applied(commit))


# --- this machine --------------------------------------------------------------------------------


def refused(source: GitSource) -> str:
    with pytest.raises(SpecError) as told:
        source.current()
    return str(told.value)


def test_a_state_folder_that_cannot_be_made_is_told(forge: Forge, tmp_path: Path) -> None:
    forge.commit({PATH: spec()})
    (tmp_path / "file").touch()
    with following(setting(forge.url, tmp_path / "file" / "state")) as source:
        assert "cannot be used: Not a directory" in refused(source)


def test_nothing_of_the_environment_or_the_users_configuration_reaches_git(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = Forge(tmp_path / "evil.git")
    evil.commit({PATH: spec("/mnt/evil")})
    forge.commit({PATH: spec("/mnt/good")})
    redirect = {f"url.{evil.url}.insteadOf": forge.url}
    (tmp_path / ".gitconfig").write_text(f'[url "{evil.url}"]\n\tinsteadOf = {forge.url}\n')
    variables = {"GIT_DIR": "/none", "GIT_OBJECT_DIRECTORY": "/none", "GIT_TRACE": str(tmp_path / "trace")}
    variables |= {"GIT_CONFIG_COUNT": str(len(redirect)), "HOME": str(tmp_path)}
    for number, (key, value) in enumerate(redirect.items()):
        variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with following(setting(forge.url, tmp_path / "state")) as source:
        assert tmps(source.current()) == ["/mnt/good"]
    assert not (tmp_path / "trace").exists()


def test_a_machine_without_git_is_told(forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forge.commit({PATH: spec()})
    (tmp_path / "bin").mkdir()
    os.symlink("/bin/sh", tmp_path / "bin" / "sh")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with following(setting(forge.url, tmp_path / "state")) as source:
        assert "install git" in refused(source)
