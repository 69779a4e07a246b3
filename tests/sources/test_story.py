"""The life of a farm that follows a repository, on real git."""

from __future__ import annotations

from pathlib import Path

from reconciler.sources.kept import Kept
from tests.sources.following import applied, following, held, read, setting, tmps, until
from tests.sources.forge import PATH, Forge, spec
from tests.sources.keys import Keys


def test_commit_rollout_bad_commit_revert_force_push_outage_restart_and_signed_tag(
    forge: Forge, tmp_path: Path, ring: Keys
) -> None:
    state = tmp_path / "state"
    given = setting(forge.url, state)
    first = forge.commit({PATH: spec("/mnt/a")})
    with following(given) as source:
        assert tmps(source.current()) == ["/mnt/a"]
        assert source.revisions().applied == source.revisions().attempted

        second = forge.commit({PATH: spec("/mnt/a", "/mnt/b")})
        until(source, applied(second))
        assert tmps(source.current()) == ["/mnt/a", "/mnt/b"]

        bad = forge.commit({PATH: "version: 3\ndirectories: {tmp: mnt, logs: /var/log/plots}\n"})
        seen = until(source, held(bad, "invalid"))
        assert seen.problem is not None and f"{PATH}:2:20" in seen.problem
        assert seen.applied is not None and seen.applied.commit == second
        assert tmps(source.current()) == ["/mnt/a", "/mnt/b"]

        reverted = forge.commit({PATH: spec("/mnt/a", "/mnt/b")}, message="Revert")
        until(source, applied(reverted))

        forge.point("refs/heads/main", first)
        rewritten = forge.commit({PATH: spec("/mnt/c")})
        seen = until(source, held(rewritten, "rewound"))
        assert tmps(source.current()) == ["/mnt/a", "/mnt/b"]
        forge.point("refs/heads/main", reverted)
        until(source, applied(reverted))

        away = forge.folder.rename(tmp_path / "away")
        seen = until(source, lambda seen: seen.obstacle == "unreachable")
        assert seen.asked is not None and source.problem() is not None
        assert tmps(source.current()) == ["/mnt/a", "/mnt/b"]

    with following(given) as source:
        assert tmps(source.current()) == ["/mnt/a", "/mnt/b"]
        seen = until(source, lambda seen: seen.obstacle == "unreachable")
        assert seen.applied is not None and seen.applied.commit == reverted

        away.rename(forge.folder)
        third = forge.commit({PATH: spec("/mnt/d", "/mnt/e")})
        until(source, applied(third))

    # From now on this host follows releases: tags that Ann has signed.
    (tmp_path / "signers").write_text(ring.line("ann"))
    verify = {"mode": "tag", "allowed_signers": str(tmp_path / "signers")}
    forge.tag("stable", third)
    with following(setting(forge.url, state, ref="tag:stable", verify=verify)) as source:
        assert tmps(source.current()) == ["/mnt/d", "/mnt/e"]
        until(source, held(third, "unverified"))
        fourth = forge.commit({PATH: spec("/mnt/d", "/mnt/e", "/mnt/f")})
        forge.tag("stable", fourth, ring.signers["ann"])
        seen = until(source, applied(fourth))
        assert seen.applied is not None and (seen.applied.signer or "").startswith("ann@farm.lan SHA256:")

    kept = Kept.read(str(state))
    assert kept.good is not None and kept.revisions is not None and kept.damage is None
    assert kept.revisions.applied == kept.good.revision
    assert tmps(kept.loaded(read, str(state))) == ["/mnt/d", "/mnt/e", "/mnt/f"]
