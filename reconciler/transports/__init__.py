"""Ways to move a plot to a farmer, one a file, and the mover that takes one of them.

The contract of a move, whatever the transport:

- It is one detached process (`mover.py`). It holds a lock on the source from its start until source and
  target are settled, so that no second mover can have the plot.
- Its target is sticky: a final name that stands there is compared and not copied again, a part file of ours
  is taken up where it ends.
- The part file is created exclusively before anything is copied, and is the reservation that others see.
- What stands at the target is flushed and read back before it gets its final name; it never replaces.
- The source is removed last, and only while it is the very file that was copied.
- Every failure and every kill leaves the source, or the whole plot at its target, or both.

Who does each step:

=============  ==================  =============  ===========  ==================  ====================
transport      exclusive create    copy           fsync        hash                rename, no replacing
=============  ==================  =============  ===========  ==================  ====================
local          itself              itself         itself       itself              itself
rsync          ssh beside it       rsync          ssh          ssh                 ssh
rsyncd         ssh beside it       the daemon     ssh          ssh                 ssh
rsyncd alone   nobody              the daemon     the daemon   the daemon          the daemon
sftp           itself              itself         itself       a shell, or itself  itself
command        ssh beside it       the program    ssh          ssh                 ssh
command alone  the program         the program    the program  its check           the program
=============  ==================  =============  ===========  ==================  ====================

Where nobody creates the part file exclusively, other plotters see no reservation, and two of them may meet on a full
disk: the copy then fails, and its plot stays at the source.

`names.py` reads and writes part files' names, `record.py` reads a mover's log, `arguments.py` its errand;
these are for everyone. `contract.py` is what a transport does, `failure.py` how it fails.
"""

from __future__ import annotations

from collections.abc import Mapping

TRANSPORTS: Mapping[str, str] = {
    "local": "reconciler.transports.local:Local",
    "rsync": "reconciler.transports.rsync:Rsync",
    "rsyncd": "reconciler.transports.rsyncd:open_rsyncd",
    "sftp": "reconciler.transports.sftp:Sftp",
    "command": "reconciler.transports.command:open_command",
}
"""Each transport's name in the spec, and where its `contract.Open` is. Only the one in use is imported."""
