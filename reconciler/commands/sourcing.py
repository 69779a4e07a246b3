"""Options that name a repository to follow: the same as a source document."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from reconciler.errors import SpecError, UsageError

if TYPE_CHECKING:
    from reconciler.sources.setting import Setting

_OPTIONS = (
    click.option(
        "--source", metavar="URL", help="Follow the spec in that repository: git+ssh://git@git.lan/farm.git."
    ),
    click.option("--ref", metavar="REF", help="A branch, tag:NAME or a commit there; left out: main."),
    click.option("--path", metavar="PATH", help="This host's spec there: hosts/h07.yaml."),
    click.option(
        "--verify",
        type=click.Choice(["head", "tag", "head-and-tag"]),
        help="Follow only what is signed: the commit, the tag, or both.",
    ),
    click.option("--allowed-signers", metavar="FILE", help="Whose SSH signatures count."),
    click.option("--source-state", metavar="DIR", help="Keep the mirror and the last good spec there."),
)


def source_options(function: Callable[..., int]) -> Callable[..., int]:
    """The options above, handed on together as `setting`. Raises UsageError for what cannot be."""

    @functools.wraps(function)
    def gathered(
        *arguments: object,
        source: str | None,
        ref: str | None,
        path: str | None,
        verify: str | None,
        allowed_signers: str | None,
        source_state: str | None,
        spec: str | None,
        **options: object,
    ) -> int:
        others = {
            "--ref": ref,
            "--path": path,
            "--verify": verify,
            "--allowed-signers": allowed_signers,
            "--source-state": source_state,
        }
        named = [option for option, value in others.items() if value is not None]
        if source is None and named:
            raise UsageError(
                f"{', '.join(named)} goes with --source URL, or into a source document (-f FILE)"
            )
        if source is not None and spec is not None:
            raise UsageError("--source and -f exclude each other: the spec comes from a repository or a file")
        if source is not None and path is None:
            raise UsageError("--source needs --path: which file of the repository is this host's spec?")
        if (verify is None) != (allowed_signers is None):
            raise UsageError("--verify and --allowed-signers go together")
        setting = (
            None if source is None else _setting(source, ref, path, verify, allowed_signers, source_state)
        )
        return function(*arguments, spec=spec, setting=setting, **options)

    command: Callable[..., int] = gathered
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def _setting(
    source: str, ref: str | None, path: str | None, verify: str | None, signers: str | None, state: str | None
) -> Setting:
    from reconciler.sources.setting import setting_of

    try:
        return setting_of(
            os.path.expanduser("~"),
            git=source,
            ref=ref,
            path=path,
            verify=None if verify is None else {"mode": verify, "allowed_signers": signers},
            state=state,
        )
    except SpecError as error:
        raise UsageError(str(error)) from None
