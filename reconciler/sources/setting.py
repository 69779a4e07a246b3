"""The source document, version 1: which repository is followed, and how far it is trusted.

It lies on the host itself (``/etc/plotman/source.yaml``), never in the repository.
"""

from __future__ import annotations

import os
import re
from typing import Annotated, Any, Literal

from reconciler.errors import Problem, SpecError
from reconciler.sources.address import Address, AddressText, address_of
from reconciler.spec import faults, schemas, tree
from reconciler.spec.files import read_text
from reconciler.spec.judge import ValidationError, judged
from reconciler.spec.marks import Mark, before, described, written
from reconciler.spec.model import field, part
from reconciler.spec.place import user_folder
from reconciler.spec.quoting import show
from reconciler.spec.units import Duration, HomePath

PLACE = "/etc/plotman/source.yaml"
"""Where a host's own source document lies."""

_REF = re.compile(
    r"(?:tag:)?(?![-/.])(?!.*(?:\.\.|//|@\{|/\.|\.lock(?:/|$)|[/.]$))[^\s\x00-\x20\x7f~^:?*\[\\]+"
)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_WEBHOOK = re.compile(r"(127(?:\.[0-9]{1,3}){3}|localhost|\[::1\]):([0-9]{1,5})", re.ASCII)
_PERCENT = re.compile(r"([0-9]{1,2})%", re.ASCII)

_HOME_PATHS: tuple[tree.Path, ...] = (
    ("state",),
    ("identity",),
    ("known_hosts",),
    ("ca",),
    ("verify", "allowed_signers"),
    ("verify", "revoked_signers"),
    ("verify", "gpg_keys"),
)

_OPTIONS = {"git": "--source", "state": "--source-state", "verify.allowed_signers": "--allowed-signers"}
"""The command line's options that are not called as their keys."""


def parse_ref(value: object) -> str:
    """``main``, ``tag:v1`` or a whole commit id. ValueError: git could not have it."""
    if isinstance(value, str) and len(value) <= 200 and _REF.fullmatch(value):
        return value
    raise ValueError(f"{show(value)} is no ref; write a branch, tag:NAME, or a whole commit id")


def parse_inside(value: object) -> str:
    """The path of a file in a repository. ValueError: it leads out of it."""
    parts = value.split("/") if isinstance(value, str) else [""]
    if (
        isinstance(value, str)
        and not re.search(r"[\x00-\x1f\x7f]", value)
        and not {"", ".", ".."} & set(parts)
    ):
        return value
    raise ValueError(f"{show(value)} is no path in a repository; write one from its top on: hosts/h07.yaml")


def parse_share(value: object) -> float:
    """A share of "10%", at most 50%. ValueError: it is none."""
    if isinstance(value, float) and 0 <= value <= 0.5:
        return value
    match = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[1]) > 50:
        raise ValueError(f"{show(value)} is no share; write one from 0% to 50%, such as 10%")
    return int(match[1]) / 100


def parse_webhook(value: object) -> str:
    """``127.0.0.1:9774``. ValueError: no loopback address with a port."""
    match = _WEBHOOK.fullmatch(value) if isinstance(value, str) else None
    if match is not None and 0 < int(match[2]) < 1 << 16:
        return match[0]
    raise ValueError(f"{show(value)} is no loopback address with a port; write one such as 127.0.0.1:9774")


def _text(*examples: str) -> Mark:
    return described({"type": "string", "examples": list(examples)})


Ref = Annotated[str, before(parse_ref), _text("main", "tag:stable")]
Inside = Annotated[str, before(parse_inside), _text("hosts/h07.yaml")]
Share = Annotated[float, before(parse_share), written(lambda share: f"{share:.0%}"), _text("10%")]
Webhook = Annotated[str, before(parse_webhook), _text("127.0.0.1:9774")]


@part
class Verify:
    """Whose signature a revision must carry. The keys lie on this host, never in the repository."""

    mode: Literal["head", "tag", "head-and-tag"] = field(
        description="What must be signed: the commit, the tag that ref names, or both."
    )
    allowed_signers: HomePath | None = field(
        default=None,
        description="SSH keys that are trusted: ssh-keygen's ALLOWED SIGNERS file, with validity windows.",
        examples=["/etc/plotman/allowed_signers"],
    )
    revoked_signers: HomePath | None = field(
        default=None,
        description="SSH keys that are no longer trusted: a key revocation list, or public keys.",
    )
    gpg_keys: HomePath | None = field(
        default=None,
        description="GPG keys that are trusted: an armored file, or a folder of them (*.asc).",
        examples=["/etc/plotman/keys"],
    )

    def __post_init__(self) -> None:
        if self.allowed_signers is None and self.gpg_keys is None:
            raise ValueError("trusts nobody; name allowed_signers, gpg_keys or both")


@part
class Setting:
    """Which repository this host follows."""

    version: Literal[1] = field(default=1, description="Version of this document: 1.")
    git: AddressText = field(
        description="The repository, by https, ssh or file. A secret of an https URL is a variable of the"
        " environment: https://user:${FARM_TOKEN}@git.lan/farm.git."
    )
    ref: Ref = field(default="main", description="A branch, tag:NAME, or a whole commit id.")
    path: Inside = field(description="This host's spec in the repository.")
    interval: Duration = field(
        default=60, ge=1, description="Between two looks at the repository.", examples=["60s"]
    )
    timeout: Duration = field(
        default=30, ge=1, description="The repository has so long to answer.", examples=["30s"]
    )
    jitter: Share = field(
        default=0.1, description="How much the interval varies, so that hosts do not ask together."
    )
    verify: Verify | None = field(
        default=None,
        description="Whose signature a revision must carry. Left out: anybody's who can push.",
        examples=[{"mode": "head", "allowed_signers": "/etc/plotman/allowed_signers"}],
    )
    allow_force_push: bool = field(
        default=False, description="Follow the ref also where it leaves the history that was followed."
    )
    webhook: Webhook | None = field(
        default=None, description="Any POST there makes this host look at the repository at once."
    )
    state: HomePath | None = field(
        default=None,
        description="The folder of the mirror and the last good spec. Left out: the platform's place.",
        examples=["/var/lib/plotman/source"],
    )
    identity: HomePath | None = field(
        default=None, description="The private key's file, for ssh.", examples=["/etc/plotman/deploy_key"]
    )
    known_hosts: HomePath | None = field(
        default=None,
        examples=["/etc/plotman/known_hosts"],
        description="The file with the server's host key, for ssh. Left out: as ssh says.",
    )
    ca: HomePath | None = field(
        default=None,
        description="The certificates that an https server is known by. Left out: this machine's.",
        examples=["/etc/plotman/ca.pem"],
    )

    def __post_init__(self) -> None:
        if self.verify is not None and self.verify.mode != "head" and self.tag is None:
            raise ValueError(f"verify.mode {self.verify.mode} needs a tag to verify; write ref: tag:NAME")

    @property
    def address(self) -> Address:
        """The repository's address, as git takes it."""
        return address_of(self.git)

    @property
    def tag(self) -> str | None:
        """The tag that is followed; None: it is a branch or a commit."""
        return self.ref.removeprefix("tag:") if self.ref.startswith("tag:") else None

    @property
    def commit(self) -> str | None:
        """The commit that is followed; None: it is a branch or a tag."""
        return self.ref if _COMMIT.fullmatch(self.ref) else None

    @property
    def shown(self) -> str:
        """The repository and the path in it, as people may see it."""
        return f"{self.git} {self.path}"

    @property
    def folder(self) -> str:
        """The state folder."""
        return self.state or default_state()


def default_state() -> str:
    """The platform's place for the state folder, such as ``~/.local/share/plotman/source``."""
    return os.path.join(user_folder("data"), "source")


def is_setting(text: str) -> bool:
    """Is this document about a source, and no spec? It is where it names a repository."""
    value = tree.read(text, "").value
    return isinstance(value, dict) and "git" in value


def load_setting(path: str, *, home: str | None = None) -> Setting:
    """Read a source document from a file. home: what a leading ~ stands for.

    Raises SpecError with every fault found, also where the file cannot be read.
    """
    return parse_setting(read_text(path), path, home=home)


def parse_setting(text: str, name: str, *, home: str | None = None) -> Setting:
    """Read a source document from its text. name: what messages call it. Raises SpecError."""
    document = tree.read(text, name)
    problems = list(document.problems)
    if document.whole and document.value is None and not problems:
        message = "is empty; a source document begins with version: 1"
        problems.append(Problem(name, 1, 1, "", message, "empty"))
    if not problems:
        told = faults.by_schema(document.value, schemas.published("source"))
        _expand(document.value, home)
        try:
            setting = judged(Setting, document.value)
        except ValidationError as error:
            seen = [fault.path for fault in told]
            told += faults.new(faults.by_model(error.errors(include_url=False), document), seen)
        else:
            if not told:
                return setting
        problems += [fault.at(document) for fault in told]
    raise SpecError(sorted(problems, key=lambda problem: (problem.line, problem.column)))


def setting_of(home: str | None = None, **values: Any) -> Setting:
    """A source document's setting from the command line's options, by the document's keys; None is left out.

    Raises SpecError.
    """
    given = {key: value for key, value in values.items() if value is not None}
    _expand(given, home)
    try:
        return judged(Setting, given)
    except ValidationError as error:
        raise SpecError([Problem(*where, "", said, "value") for where, said in _said(error)]) from None


def _said(error: ValidationError) -> list[tuple[tuple[str, int, int], str]]:
    """Where each fault is, by its option, and its sentence; none repeats what was found."""
    found = []
    for each in error.errors(include_url=False, include_input=False):
        key = ".".join(map(str, each["loc"])) or "git"
        found.append(((_OPTIONS.get(key, f"--{key}"), 0, 0), each["msg"].removeprefix("Value error, ")))
    return found


def _expand(value: Any, home: str | None) -> None:
    """Put the home directory in for each leading ~."""
    if home is None or not isinstance(value, dict):
        return
    for *parents, key in _HOME_PATHS:
        holder: Any = value
        for parent in parents:
            holder = holder.get(parent) if isinstance(holder, dict) else None
        text = holder.get(key) if isinstance(holder, dict) else None
        if isinstance(text, str) and (text == "~" or text.startswith("~/")):
            holder[key] = home + text[1:]
