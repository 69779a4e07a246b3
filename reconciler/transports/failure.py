"""How a move can fail.

::

    Failure          kind       what it means                                      our part file
      x Busy         busy       another mover has this plot, or its part file      kept
      x Gone         gone       neither source nor target is there                 removed
      x Unreadable   source     the source cannot be opened, read or removed       kept
      x Growing      growing    the source changed while it was moved              removed
      x Conflict     conflict   something else stands under the plot's name        removed, if just made
      x Full         full       the target has no room                             removed
      x Refused      refused    the target may not be written                      kept
      x Missing      missing    the target folder is not there                     kept
      x Corrupt      corrupt    the target gave back other bytes                   removed
      x Broken       broken     the target failed in another way                   kept
      x Crowded      crowded    other movers have claimed the target's room        removed
      x Away         away       the farmer cannot be reached, or the link broke    kept
      x Login        login      the farmer does not let us in                      kept
      x HostKey      host-key   the farmer is not who it should be                 kept
      x Silent       silent     the farmer did not answer before a deadline        kept
      x Tool         tool       a program that is needed is missing, or refuses    kept
      x Stuck        stuck      nothing moved for a long time                      kept
      x Stopped      stopped    the mover was asked to stop                        kept
      (no Failure)   fault      the mover itself is wrong                          kept

A part file is kept where what stands in it can be used again. After Growing it holds an old state under a
size that may be wrong; after Gone nobody would ever come back for it; after Full it would only keep the
disk full.
"""

from __future__ import annotations

import errno
from typing import ClassVar

from reconciler.errors import FarmerError


class Failure(Exception):
    """The move cannot go on; the message says in plain words why. The source stands untouched."""

    kind: ClassVar[str]
    keeps_part: ClassVar[bool] = True


class Busy(Failure):
    """Another mover has this plot, or its part file."""

    kind = "busy"


class Gone(Failure):
    """Neither source nor target is there."""

    kind = "gone"
    keeps_part = False


class Unreadable(Failure):
    """The source cannot be opened, read or removed."""

    kind = "source"


class Growing(Failure):
    """The source changed while it was moved."""

    kind = "growing"
    keeps_part = False


class Conflict(Failure):
    """Something else stands under the plot's name."""

    kind = "conflict"
    keeps_part = False


class Full(Failure):
    """The target has no room."""

    kind = "full"
    keeps_part = False


class Refused(Failure):
    """The target may not be written."""

    kind = "refused"


class Missing(Failure):
    """The target folder is not there."""

    kind = "missing"


class Corrupt(Failure):
    """The target gave back other bytes than were written."""

    kind = "corrupt"
    keeps_part = False


class Broken(Failure):
    """The target failed in another way."""

    kind = "broken"


class Crowded(Failure):
    """Other movers have claimed the target's room."""

    kind = "crowded"
    keeps_part = False


class Away(Failure):
    """The farmer cannot be reached, or the link broke."""

    kind = "away"


class Login(Failure):
    """The farmer does not let us in."""

    kind = "login"


class HostKey(Failure):
    """The farmer is not who it should be."""

    kind = "host-key"


class Silent(Failure):
    """The farmer did not answer before a deadline."""

    kind = "silent"


class Tool(Failure):
    """A program that is needed is missing, or refuses."""

    kind = "tool"


class Stuck(Failure):
    """Nothing moved for a long time."""

    kind = "stuck"


class Stopped(Failure):
    """The mover was asked to stop."""

    kind = "stopped"


_KINDS: dict[int, type[Failure]] = {
    errno.ENOSPC: Full,
    errno.EDQUOT: Full,
    errno.EROFS: Refused,
    errno.EACCES: Refused,
    errno.EPERM: Refused,
    errno.ENOENT: Missing,
    errno.ENOTDIR: Missing,
}


_REMOTE: dict[str, type[Failure]] = {kind.kind: kind for kind in (Away, Login, HostKey, Silent, Tool)}


def failure_of(disk: str, error: Failure | FarmerError | OSError) -> Failure:
    """The failure itself, or the one that the kernel's or the farmer's error amounts to."""
    if isinstance(error, Failure):
        return error
    if isinstance(error, FarmerError):
        return _REMOTE.get(error.kind, Broken)(str(error))
    kind = _KINDS.get(error.errno or 0, Broken)
    return kind(f"{disk}: {error.strerror or error}")
