"""The dashboard in a real browser: it is drawn there, follows the farm, and asks no other host."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from tests.commands import conftest
from tests.commands.conftest import DEADLINE, Scratch, wait_for
from tests.dashboard.test_terminal import server

plotman, scratch = conftest.plotman, conftest.scratch

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OPTIONS = (
    "--headless=new", "--no-sandbox", "--no-first-run", "--window-size=1200,800", "--remote-debugging-pipe",
    "--disable-dev-shm-usage", "--disable-background-networking", "--enable-unsafe-swiftshader",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip

# The terminal is painted, not written, so its text is had as a person has it: marked with the mouse, and copied.
# With shift, as the dashboard takes the mouse for itself; and not before the page is connected.
COPY = """(() => {
  const screen = document.querySelector("body.-first-byte .xterm-screen");
  if (!screen) return "";
  const { left, top, right, bottom } = screen.getBoundingClientRect();
  const mouse = (type, target, x, y) => target.dispatchEvent(new MouseEvent(type, {
    bubbles: true, cancelable: true, shiftKey: true, button: 0, buttons: 1, detail: 1, clientX: x, clientY: y,
  }));
  mouse("mousedown", screen, left + 1, top + 1);
  mouse("mousemove", document, right - 1, bottom - 1);
  mouse("mouseup", document, right - 1, bottom - 1);
  const clipboardData = new DataTransfer();
  screen.dispatchEvent(new ClipboardEvent("copy", { bubbles: true, cancelable: true, clipboardData }));
  return clipboardData.getData("text/plain");
})()"""


class Page:
    """A page of a browser, by the Chrome DevTools protocol: JSON texts that end with NUL.

    asked: the addresses of all that it requested. troubles: what it raised, and what its policy kept from it.
    """

    def __init__(self, reads: int, writes: int) -> None:
        self._reads, self._writes = reads, writes
        self._got, self._number = b"", 0
        self._session: str | None = None
        self.asked: list[str] = []
        self.troubles: list[str] = []
        target = self.tell("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.tell("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Network", "Runtime", "Log", "Page"):
            self.tell(f"{domain}.enable")

    def tell(self, method: str, **parameters: object) -> Any:
        """Its answer to a command; events on the way are kept."""
        self._number += 1
        message: dict[str, object] = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._writes, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self._heed(answer.get("method"), answer.get("params", {}))
        assert "error" not in answer, answer
        return answer["result"]

    def text(self) -> str:
        """What its terminal shows."""
        return str(self.tell("Runtime.evaluate", expression=COPY, returnByValue=True)["result"]["value"])

    def shows(self, *texts: str) -> None:
        """Wait until its terminal shows them all. A look makes it paint anew, so they are not many."""
        end = time.monotonic() + 2 * DEADLINE
        while not all(text in self.text() for text in texts):
            assert time.monotonic() < end, f"{texts} were to be seen in: {self.text()}"
            time.sleep(0.2)

    def _next(self) -> dict[str, Any]:
        end = time.monotonic() + DEADLINE
        while b"\0" not in self._got:
            assert select.select([self._reads], [], [], max(0.0, end - time.monotonic()))[0], "no answer"
            more = os.read(self._reads, 65536)
            assert more, "the browser has ended"
            self._got += more
        text, _, self._got = self._got.partition(b"\0")
        told: dict[str, Any] = json.loads(text)
        return told

    def _heed(self, event: str | None, told: dict[str, Any]) -> None:
        if event == "Network.requestWillBeSent":
            self.asked.append(told["request"]["url"])
        elif event == "Network.webSocketCreated":
            self.asked.append(told["url"])
        elif event == "Runtime.exceptionThrown":
            self.troubles.append(str(told["exceptionDetails"]))
        elif event == "Log.entryAdded" and told["entry"]["level"] == "error":
            self.troubles.append(str(told["entry"]))


@contextmanager
def browser(profile: Path) -> Iterator[Page]:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    its_in, writes = os.pipe()
    reads, its_out = os.pipe()

    def take_pipes() -> None:
        """It reads commands from descriptor 3 and writes answers to 4."""
        commands, answers = os.dup(its_in), os.dup(its_out)
        os.dup2(commands, 3)
        os.dup2(answers, 4)

    process = subprocess.Popen(
        [CHROMIUM, *OPTIONS, f"--user-data-dir={profile}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(3, 4),
        preexec_fn=take_pipes,  # noqa: PLW1509 - nothing else runs in this child
    )
    os.close(its_in)
    os.close(its_out)
    try:
        yield Page(reads, writes)
    finally:
        # It ends with its pipe, and its own processes with it.
        os.close(writes)
        os.close(reads)
        try:
            process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def readers(scratch: Scratch) -> int:
    """How many dashboards of this farm run for pages."""
    lines = [one.info["cmdline"] or [] for one in psutil.process_iter(["cmdline"])]
    return sum("--read-only" in line and str(scratch.spec) in line for line in lines)


def test_a_page_follows_the_farm_and_asks_no_other_host(scratch: Scratch, tmp_path: Path) -> None:
    with server(scratch) as address:
        with browser(tmp_path / "profile") as page:
            page.tell("Page.navigate", url=f"http://{address}/")
            page.shows("0 of 1 jobs")
            assert "5ca1ab1e" not in page.text()
            assert readers(scratch) == 1
            scratch.one_job()
            assert scratch.run("pause", "plotting", "--why", "a browser sees this").code == 0
            page.shows("1 of 1 jobs", "5ca1ab1e", "a browser sees this")
            assert page.troubles == []
            hosts = {urlsplit(url).netloc for url in page.asked if not url.startswith("data:")}
            assert hosts == {address}
            assert f"ws://{address}/ws" in {url.partition("?")[0] for url in page.asked}
        wait_for(lambda: readers(scratch) == 0)
