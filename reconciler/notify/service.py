"""Apprise, which alone knows how each kind of target is spoken to; the only import of it.

A URL never leaves this module, nor does what Apprise itself says, which may repeat one.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from reconciler.errors import PlotmanError
from reconciler.notify.digest import Digest
from reconciler.spec.notify import Target, variable

if TYPE_CHECKING:
    from apprise import NotifyBase

LONGEST = 65536
"""Bytes of a file that is to hold one URL."""
_STATUS = re.compile(r"\berror=([1-5][0-9]{2})\b")


class Service:
    """One target. Whatever it takes, it takes on the caller's thread."""

    def __init__(self, target: Target, environment: Mapping[str, str]) -> None:
        self._target = target
        self._environment = environment
        self._plugin: tuple[str, NotifyBase] | None = None

    def send(self, digest: Digest) -> None:
        """Send it. Raises PlotmanError where it was not accepted, or its URL cannot be had or understood."""
        from apprise import NotifyType

        plugin = self._loaded(_url(self._target, self._environment))
        kinds = {"info": NotifyType.INFO, "warning": NotifyType.WARNING, "critical": NotifyType.FAILURE}
        with _Said() as said:
            try:
                taken = plugin.notify(body=digest.body, title=digest.title, notify_type=kinds[digest.level])
            except Exception as error:
                # Each of a hundred plugins may trip over an answer that its author did not think of.
                raise PlotmanError(f"{plugin.service_name}: {type(error).__name__}") from None
        if not taken:
            raise PlotmanError(f"{plugin.service_name}: {said.why()}")

    def _loaded(self, url: str) -> NotifyBase:
        from apprise import Apprise

        if self._plugin is None or self._plugin[0] != url:
            with _Said():
                plugin = Apprise.instantiate(url)
            if plugin is None:
                raise PlotmanError(
                    f"{self._target.place} holds no URL that Apprise understands; it looks like json://HOST/PATH"
                )
            self._plugin = url, plugin
        return self._plugin[1]


def _url(target: Target, environment: Mapping[str, str]) -> str:
    """The URL that a target refers to. Raises PlotmanError."""
    if target.url is not None:
        name = variable(target.url)
        lines = environment.get(name, "").split()
    else:
        lines = _lines(target.file or "")
    if len(lines) == 1:
        return lines[0]
    if lines:
        raise PlotmanError(f"{target.place} holds {len(lines)} URLs; write a target for each")
    where = f"export {variable(target.url)}" if target.url is not None else "write it there"
    raise PlotmanError(f"{target.place} holds no URL; {where}, as Apprise has it: json://HOST/PATH")


def _lines(path: str) -> list[str]:
    try:
        # Of a FIFO nobody writes to, a blocking open would wait for ever.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), encoding="utf-8") as file:
            lines = [line.strip() for line in file.read(LONGEST).splitlines()]
    except UnicodeDecodeError:
        raise PlotmanError(f"{path} is not UTF-8 text") from None
    except OSError as error:
        raise PlotmanError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}") from None
    return [line for line in lines if line and not line.startswith("#")]


class _Said(logging.Handler):
    """Listens to what Apprise says on this thread, and keeps it from everyone else."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()
        self._lines: list[str] = []
        self._logger = logging.getLogger("apprise")

    def __enter__(self) -> _Said:
        self._logger.propagate = False
        self._logger.addHandler(self)
        return self

    def __exit__(self, *_exception: object) -> None:
        self._logger.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        if record.thread == self._thread:
            self._lines.append(record.getMessage())

    def why(self) -> str:
        """Why something was not accepted, without any of Apprise's own words."""
        for line in self._lines:
            if status := _STATUS.search(line):
                return f"it answers HTTP {status[1]}"
        if any("onnection" in line for line in self._lines):
            return "it cannot be reached, or does not answer in time"
        return "it was not accepted"
