"""Documents in files, as people name them on the command line."""

from __future__ import annotations

import os
from contextlib import suppress

from reconciler.errors import DocumentError, PlotmanError, Problem


def read(path: str) -> str:
    """A document's text. Raises DocumentError where it is missing, unreadable or not UTF-8."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            return file.read()
    except OSError as error:
        why = f"cannot be read: {(error.strerror or str(error)).lower()}"
        raise DocumentError([Problem(path, 0, 0, "", why, "unreadable")]) from None
    except UnicodeDecodeError:
        raise DocumentError([Problem(path, 0, 0, "", "is not UTF-8 text", "not-text")]) from None


def write(path: str, text: str) -> None:
    """Write a document, whole or not at all; replaces. Raises PlotmanError."""
    draft = f"{path}.{os.getpid()}.part"
    try:
        with open(draft, "x", encoding="utf-8") as file:
            file.write(text)
        os.replace(draft, path)
    except OSError as error:
        with suppress(OSError):
            os.unlink(draft)
        raise PlotmanError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}") from None
