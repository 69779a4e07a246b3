"""Addresses of repositories, as people write them and as git takes them.

An address never holds a secret: an https URL refers to one as ``${NAME}``, a variable of the environment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from reconciler.noun import noun
from reconciler.spec.marks import before, described

Scheme: TypeAlias = Literal["https", "ssh", "file"]

_HOST = r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]*|\[[0-9A-Fa-f:.]+\])"
_USER = r"[A-Za-z0-9_][A-Za-z0-9_.+-]*"
_REFERENCE = r"\$\{[A-Za-z_][A-Za-z0-9_]*\}"
_PATH = r"[^\s\x00-\x1f\x7f?#\\$]+"

_HTTPS = re.compile(
    rf"https://(?:(?:(?P<user>{_USER}|{_REFERENCE}):)?(?P<secret>{_REFERENCE})@)?(?P<rest>{_HOST}(?::[0-9]+)?/{_PATH})",
    re.ASCII,
)
_SSH = re.compile(rf"ssh://(?:{_USER}@)?{_HOST}(?::[0-9]+)?/{_PATH}", re.ASCII)
_SCP = re.compile(rf"(?:{_USER}@)?{_HOST}:(?!-|:|//){_PATH}", re.ASCII)
_FILE = re.compile(rf"file:///{_PATH}", re.ASCII)
_SCHEME = re.compile(r"(?:git\+)?([A-Za-z][A-Za-z0-9+.-]*):(?://|:)")

_RIGHT = (
    "git+ssh://git@git.lan/farm.git, https://git.lan/farm.git, file:///srv/farm.git or git@git.lan:farm.git"
)


@noun
class Address:
    """A repository's address.

    url: what git is given; it has no secrets. scheme: how git reaches it.
    user, password: of an https URL, each as it is or as ``${NAME}``; None: nobody logs in.
    """

    url: str
    scheme: Scheme
    user: str | None = None
    password: str | None = None

    def login(self, environment: Mapping[str, str]) -> tuple[str, str] | None:
        """User and password for https; None: nobody logs in. Raises KeyError with the variable that is not set."""
        if self.user is None or self.password is None:
            return None
        return _resolved(self.user, environment), _resolved(self.password, environment)


def address_of(text: str) -> Address:
    """The address that a text means. ValueError, which repeats nothing that may be a secret: it means none."""
    plain = text.removeprefix("git+")
    if match := _HTTPS.fullmatch(plain):
        secret = match["secret"]
        # Alone it stands where a user does: that is how forges take a token.
        user, password = (secret, "") if match["user"] is None else (match["user"], secret)
        return Address(
            f"https://{match['rest']}", "https", user if secret else None, password if secret else None
        )
    if _SSH.fullmatch(plain):
        return Address(plain, "ssh")
    if _FILE.fullmatch(plain):
        return Address(plain, "file")
    if plain == text and not _SCHEME.match(text) and _SCP.fullmatch(text):
        return Address(text, "ssh")
    raise ValueError(_why(plain))


def _why(plain: str) -> str:
    scheme = _SCHEME.match(plain)
    name = scheme[1].lower() if scheme else ""
    if name and name not in ("https", "ssh", "file"):
        return f"{name} is no way to a repository here; git is asked by https, ssh or file: {_RIGHT}"
    if name == "https" and "@" in plain:
        return (
            "a user and password must not stand in the address; put the secret into a variable of the environment"
            " and write https://user:${FARM_TOKEN}@git.lan/farm.git"
        )
    if name == "ssh" and re.match(r"ssh://[^/@]*:[^/@]*@", plain):
        return "a password must not stand in the address; ssh logs in with a key: identity: FILE"
    if plain.startswith("/"):
        return "is a path; a repository of this machine is written file:///srv/farm.git"
    return f"is no address of a repository; write one such as {_RIGHT}"


def _resolved(text: str, environment: Mapping[str, str]) -> str:
    return environment[text[2:-1]] if text.startswith("${") else text


def parse_address(value: object) -> str:
    """The text of an address, as it was written. ValueError: it is none."""
    if not isinstance(value, str):
        raise ValueError(f"is no address of a repository; write one such as {_RIGHT}")
    address_of(value)
    return value


# The published schema takes any text here: whoever refuses by the schema quotes what was found.
AddressText = Annotated[
    str,
    before(parse_address),
    described({"type": "string", "examples": ["git+ssh://git@git.lan/farm.git"]}),
]
