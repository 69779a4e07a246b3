"""known_hosts as OpenSSH reads it: ssh-keygen is the judge."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import FarmerError
from reconciler.remote import hostkeys

BLOB = b"a key"
KEY = base64.b64encode(BLOB).decode()
OTHER = base64.b64encode(b"another key").decode()


def verdict(tmp_path: Path, name: str, *lines: str) -> str | None:
    """None: believed."""
    file = tmp_path / "known_hosts"
    file.write_text("\n".join(lines) + "\n")
    try:
        hostkeys.check(name, name, 22, "ssh-ed25519", BLOB, [str(file)])
    except FarmerError as error:
        assert error.kind == "host-key"
        return str(error)
    return None


@pytest.mark.parametrize(
    "line",
    [
        f"farmer.lan ssh-ed25519 {KEY} a comment",
        f"one,farmer.lan ssh-ed25519 {KEY}",
        f"*.lan ssh-ed25519 {KEY}",
        f"farme?.lan\tssh-ed25519\t{KEY}",
        f"FARMER.lan ssh-ed25519 {KEY}",
    ],
)
def test_a_known_key_is_believed(tmp_path: Path, line: str) -> None:
    assert verdict(tmp_path, "farmer.lan", "# a comment", "", "garbage", line) is None


@pytest.mark.parametrize(
    "line",
    [
        f"other.lan ssh-ed25519 {KEY}",
        f"*.lan,!farmer.lan ssh-ed25519 {KEY}",
        f"@cert-authority *.lan ssh-ed25519 {KEY}",
        f"# farmer.lan ssh-ed25519 {KEY}",
        f"farmer.lan ssh-ed25519 not-base64{KEY}",
        f"[farmer.lan]:22 ssh-ed25519 {KEY}",
    ],
)
def test_what_does_not_name_the_host_makes_no_key_known(tmp_path: Path, line: str) -> None:
    assert "is not known" in (verdict(tmp_path, "farmer.lan", line) or "")


def test_any_of_several_keys_is_believed(tmp_path: Path) -> None:
    lines = (f"farmer.lan ssh-ed25519 {OTHER}", f"farmer.lan ssh-ed25519 {KEY}")
    assert verdict(tmp_path, "farmer.lan", *lines) is None


def test_a_revoked_key_is_never_believed(tmp_path: Path) -> None:
    lines = (f"farmer.lan ssh-ed25519 {KEY}", f"@revoked * ssh-ed25519 {KEY}")
    assert "revoked" in (verdict(tmp_path, "farmer.lan", *lines) or "")


def test_the_brackets_of_a_port_are_no_pattern(tmp_path: Path) -> None:
    assert verdict(tmp_path, "[farmer.lan]:2222", f"[farmer.lan]:2222 ssh-ed25519 {KEY}") is None


def test_a_file_that_is_not_there_knows_nobody(tmp_path: Path) -> None:
    assert hostkeys.keys_of("farmer.lan", [str(tmp_path / "none")]) == ()


@given(st.text(max_size=80))
def test_no_line_breaks_the_reading(tmp_path_factory: pytest.TempPathFactory, line: str) -> None:
    file = tmp_path_factory.getbasetemp() / "any"
    file.write_text(line + "\n", encoding="utf-8", errors="replace")
    hostkeys.keys_of("farmer.lan", [str(file)])


def test_hashes_and_fingerprints_are_those_of_ssh_keygen(tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    kind, blob = (tmp_path / "key.pub").read_text().split()[:2]
    file = tmp_path / "known_hosts"
    file.write_text(f"[farmer.lan]:2222 {kind} {blob}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(file)], check=True, capture_output=True)
    (known,) = hostkeys.keys_of(hostkeys.entry_name("Farmer.lan", 2222), [str(file)])
    shown = subprocess.run(["ssh-keygen", "-lf", str(key)], capture_output=True, text=True, check=True)
    assert hostkeys.fingerprint(known.blob) == shown.stdout.split()[1]
