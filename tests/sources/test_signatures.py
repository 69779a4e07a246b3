"""Whose signature counts: real keys, real git, and every way to have none."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from reconciler.errors import SpecError
from tests.sources.following import applied, following, held, setting, until
from tests.sources.forge import PATH, Forge, spec
from tests.sources.keys import Keys

DAY = "2025-01-15T12:00:00Z"


@dataclass(frozen=True)
class Case:
    """What is pushed, who is trusted, and what comes of it.

    commit, tag: who signs it; "": nobody; tag None: the ref is the branch; "light": the tag is no object.
    twist: what a forger does to it. ssh: trusted signers, with a window; None: no file is named. gpg: likewise.
    signer: who it is found to be; refused: words of the refusal.
    """

    name: str
    mode: Literal["head", "tag", "head-and-tag"] = "head"
    commit: str = ""
    tag: str | None = None
    date: str = ""
    twist: str = ""
    ssh: tuple[tuple[str, str], ...] | None = (("ann", ""), ("bob", ""))
    gpg: tuple[str, ...] | None = None
    revoked: str | None = None
    signer: str = ""
    refused: str = ""


JANUARY = 'valid-after="20250101",valid-before="20250201"'
DECEMBER = 'valid-before="20250101"'
FEBRUARY = 'valid-after="20250201"'

CASES = (
    Case("head signed with ed25519", commit="ann", signer="ann@farm.lan"),
    Case("head signed with rsa", commit="bob", signer="bob@farm.lan"),
    Case("head signed with gpg", commit="carol", gpg=("carol",), signer="carol <carol@farm.lan>"),
    Case(
        "head within its key's window", commit="ann", date=DAY, ssh=(("ann", JANUARY),), signer="ann@farm.lan"
    ),
    Case("key for git only", commit="ann", ssh=(("ann", 'namespaces="git"'),), signer="ann@farm.lan"),
    Case("tag signed, head not", mode="tag", tag="ann", signer="ann@farm.lan"),
    Case("tag signed with gpg", mode="tag", tag="carol", gpg=("carol",), signer="carol <carol@farm.lan>"),
    Case("head and tag, by two", mode="head-and-tag", commit="ann", tag="bob", signer="bob@farm.lan"),
    Case("head signed, of an unsigned tag", commit="ann", tag="", signer="ann@farm.lan"),
    Case("unsigned head", refused="it is not signed"),
    Case("head of a stranger", commit="eve", refused="not among allowed_signers"),
    Case("gpg head of a stranger", commit="mallory", gpg=("carol",), refused="not among gpg_keys"),
    Case("gpg head where only ssh is trusted", commit="carol", refused="not among gpg_keys"),
    Case(
        "ssh head where only gpg is trusted",
        commit="ann",
        ssh=None,
        gpg=("carol",),
        refused="allowed_signers",
    ),
    Case(
        "key expired before the commit",
        commit="ann",
        date=DAY,
        ssh=(("ann", DECEMBER),),
        refused="valid-before",
    ),
    Case("key not valid yet", commit="ann", date=DAY, ssh=(("ann", FEBRUARY),), refused="valid-after"),
    Case(
        "key for another purpose",
        commit="ann",
        ssh=(("ann", 'namespaces="file"'),),
        refused="other namespaces",
    ),
    Case("key revoked", commit="ann", revoked="ann", refused="among revoked_signers"),
    Case("another key revoked", commit="ann", revoked="bob", signer="ann@farm.lan"),
    Case("gpg key expired", commit="old", gpg=("old",), refused="expired"),
    Case("gpg key revoked", commit="gone", gpg=("gone", "carol"), refused="revoked"),
    Case("empty signers file", commit="ann", ssh=(), refused="not among allowed_signers"),
    Case("signed tag over an unsigned head", tag="ann", refused="it is not signed"),
    Case("signed tag over an unsigned head, both wanted", mode="head-and-tag", tag="ann", refused="commit"),
    Case("signed head, unsigned tag, both wanted", mode="head-and-tag", commit="ann", tag="", refused="tag"),
    Case(
        "signed head, a stranger's tag",
        mode="head-and-tag",
        commit="ann",
        tag="eve",
        refused="allowed_signers",
    ),
    Case("lightweight tag of a signed head", mode="tag", commit="ann", tag="light", refused="lightweight"),
    Case("commit changed after signing", commit="ann", twist="changed", refused="does not fit"),
    Case("gpg commit changed", commit="carol", gpg=("carol",), twist="changed", refused="does not fit"),
    Case("another commit's signature", commit="ann", twist="borrowed", refused="does not fit"),
    Case("tag moved to another commit", mode="tag", tag="ann", twist="moved", refused="does not fit"),
    Case("another tag's object", mode="tag", tag="ann", twist="renamed", refused="under its own name"),
    Case("tag of a tag", mode="tag", tag="ann", twist="nested", refused="another object"),
    Case("garbage for a signature", commit="ann", twist="garbage", refused="cannot be read"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_a_revision_is_followed_only_where_a_trusted_key_signed_it(
    case: Case, ring: Keys, forge: Forge, tmp_path: Path
) -> None:
    met = push(case, ring, forge)
    ref = "main" if case.tag is None else "tag:v1"
    given = setting(forge.url, tmp_path / "state", ref=ref, verify=trusted(case, ring, tmp_path))
    with following(given) as source:
        if case.signer:
            source.current()
            seen = until(source, applied(met))
            assert seen.applied is not None and seen.applied.signer is not None
            assert seen.applied.signer.startswith(case.signer + " ")
        else:
            with pytest.raises(SpecError, match=re.escape(case.refused)):
                source.current()
            seen = until(source, held(met, "unverified"))
            assert seen.applied is None
    assert not (tmp_path / "state" / "gnupg").exists()


def push(case: Case, ring: Keys, forge: Forge) -> str:
    """Make what the case says; the commit that the ref leads to in the end."""
    key = ring.signers.get(case.commit)
    commit = forge.commit({PATH: spec()}, key=key, date=case.date)
    if case.twist in ("changed", "borrowed", "garbage"):
        commit = forge.object("commit", TWISTS[case.twist](raw(forge, "commit", commit)))
        forge.point("refs/heads/main", commit)
    if case.tag == "light":
        forge.point("refs/tags/v1", commit)
    elif case.tag is not None:
        forge.tag("v1", commit, ring.signers.get(case.tag))
    if case.twist == "moved":
        other = forge.commit({PATH: spec("/mnt/evil")})
        forged = raw(forge, "tag", "refs/tags/v1").replace(commit.encode(), other.encode())
        forge.point("refs/tags/v1", forge.object("tag", forged))
        return other
    if case.twist == "renamed":
        forge.tag("v0", commit, ring.signers[case.tag or ""])
        forge.point("refs/tags/v1", forge.git("rev-parse", "refs/tags/v0"))
    if case.twist == "nested":
        forge.tag("v0", commit, ring.signers[case.tag or ""])
        forge.tag("v1", forge.git("rev-parse", "refs/tags/v0"), ring.signers[case.tag or ""])
    return commit


def raw(forge: Forge, kind: str, id: str) -> bytes:
    return forge.git("cat-file", kind, id).encode() + b"\n"


def _garbage(commit: bytes) -> bytes:
    return re.sub(rb"(?<=SIGNATURE-----\n ).{40}", b"A" * 40, commit, count=1)


TWISTS: dict[str, Callable[[bytes], bytes]] = {
    "changed": lambda commit: commit.replace(b"a change", b"another change"),
    "borrowed": lambda commit: re.sub(
        rb"(?m)^committer .*$", b"committer Eve <eve@farm.lan> 1 +0000", commit
    ),
    "garbage": _garbage,
}


def trusted(case: Case, ring: Keys, folder: Path) -> dict[str, str]:
    verify: dict[str, str] = {"mode": case.mode}
    if case.ssh is not None:
        (folder / "signers").write_text("".join(ring.line(name, window) for name, window in case.ssh))
        verify["allowed_signers"] = str(folder / "signers")
    if case.revoked is not None:
        shutil.copy(ring.folder / f"{case.revoked}.pub", folder / "revoked")
        verify["revoked_signers"] = str(folder / "revoked")
    if case.gpg is not None:
        (folder / "trusted").mkdir()
        for name in case.gpg:
            (folder / "trusted" / f"{name}.asc").write_text(ring.armored(name))
        verify["gpg_keys"] = str(folder / "trusted")
    return verify


@pytest.mark.parametrize(
    ("verify", "words"),
    [
        ({"allowed_signers": "gone"}, "allowed_signers .*/gone cannot be read"),
        ({"allowed_signers": "signers", "revoked_signers": "gone"}, "revoked_signers .*/gone cannot be read"),
        ({"gpg_keys": "gone"}, "gpg_keys .*/gone cannot be read"),
        ({"gpg_keys": "signers"}, "GPG keys in .*/signers cannot be read"),
    ],
)
def test_without_its_keys_nobody_is_trusted(
    verify: dict[str, str], words: str, ring: Keys, forge: Forge, tmp_path: Path
) -> None:
    forge.commit({PATH: spec()}, key=ring.signers["ann"])
    (tmp_path / "signers").write_text(ring.line("ann"))
    paths = {name: str(tmp_path / path) for name, path in verify.items()}
    given = setting(forge.url, tmp_path / "state", verify={"mode": "head", **paths})
    with following(given) as source, pytest.raises(SpecError, match=words):
        source.current()


def test_keys_in_the_repository_and_of_the_user_count_for_nothing(
    ring: Keys, forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "signers").write_text(ring.line("ann"))
    files = {PATH: spec(), "signers": ring.line("eve"), "mallory.asc": ring.armored("mallory")}
    met = forge.commit(files, key=ring.signers["mallory"])
    monkeypatch.setenv("GNUPGHOME", str(ring.signers["mallory"].env["GNUPGHOME"]))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "gpg.program")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "true")
    verify = {"mode": "head", "allowed_signers": str(tmp_path / "signers")}
    with following(setting(forge.url, tmp_path / "state", verify=verify)) as source:
        with pytest.raises(SpecError, match="not among gpg_keys"):
            source.current()
        until(source, held(met, "unverified"))


def test_an_unsigned_commit_on_top_leaves_the_signed_one_in_force(
    ring: Keys, forge: Forge, tmp_path: Path
) -> None:
    (tmp_path / "signers").write_text(ring.line("ann"))
    signed = forge.commit({PATH: spec("/mnt/a")}, key=ring.signers["ann"])
    verify = {"mode": "head", "allowed_signers": str(tmp_path / "signers")}
    with following(setting(forge.url, tmp_path / "state", verify=verify)) as source:
        source.current()
        unsigned = forge.commit({PATH: spec("/mnt/b")})
        seen = until(source, held(unsigned, "unverified"))
        assert seen.applied is not None and seen.applied.commit == signed
        # A key that is trusted from now on is enough: the repository need not change.
        again = forge.commit({PATH: spec("/mnt/c")}, key=ring.signers["eve"])
        until(source, held(again, "unverified"))
        (tmp_path / "signers").write_text(ring.line("ann") + ring.line("eve"))
        until(source, applied(again))
