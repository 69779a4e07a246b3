"""What stdout can show."""

from __future__ import annotations

import os
import sys

from reconciler.noun import noun
from reconciler.views.symbols import ASCII, UNICODE, Symbols


@noun
class Screen:
    """symbols: those to use. width: of the terminal; None: no terminal, so that nothing is cut."""

    symbols: Symbols
    width: int | None

    @classmethod
    def of(cls, ascii: bool) -> Screen:
        """This process's stdout. ascii: plain symbols are asked for."""
        symbols = ASCII if ascii or not _encodes(UNICODE) else UNICODE
        if not sys.stdout.isatty():
            return cls(symbols, None)
        import shutil

        coloured = not os.environ.get("NO_COLOR")
        return cls(symbols.coloured() if coloured else symbols, shutil.get_terminal_size().columns)


def _encodes(symbols: Symbols) -> bool:
    every = "".join((*symbols.marks.values(), symbols.cut, symbols.dot, symbols.here, *symbols.bar))
    try:
        every.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
