"""rsync over ssh, into the part file: what stands there is not sent again.

What was appended to is compared by sha256 in the end, since rsync then looks only at what it sends.
"""

from __future__ import annotations

from reconciler.errand import Errand
from reconciler.transports.beside import Beside
from reconciler.transports.contract import Report, Step
from reconciler.transports.rsync_run import Copying, literal
from reconciler.transports.source import Source
from reconciler.transports.ssh import place, rsync_shell


class Rsync(Beside):
    """A plot's place at a farmer that rsync copies to over ssh."""

    def __init__(self, errand: Errand, report: Report, step: Step) -> None:
        super().__init__(errand, report, step)
        assert errand.way.login is not None, "rsync goes over ssh"
        self._login = errand.way.login

    def copy(self, source: Source) -> None:
        """Appends what is missing. The path travels within the protocol, past the farmer's shell."""
        copying = Copying(self.errand, self.report, self.step)
        shell = f"--rsh={rsync_shell(self._login)}"
        copying.run(source, place(self._login, literal(self.part)), "--append", "--protect-args", shell)
