"""Text out of what the kernel gives as bytes."""

from __future__ import annotations

import functools
import os


@functools.cache
def device(number: int) -> str:
    """A device as the kernel writes it: ``8:1``."""
    return f"{os.major(number)}:{os.minor(number)}"


def plain(raw: bytes) -> str:
    """UTF-8, with every other byte spelled out (``\\xff``), so that it can be shown and put into JSON."""
    return raw.decode("utf-8", "backslashreplace")


def plain_name(name: str) -> str:
    """The same for a file name as Python gives it. What was no UTF-8 then leads to no file any more."""
    return name if name.isascii() else plain(os.fsencode(name))


def reason(error: OSError) -> str:
    """What the system says was wrong, to stand within a sentence: "permission denied"."""
    words = error.strerror or str(error)
    return words[:1].lower() + words[1:]
