"""The dashboard in a browser: each page runs one of its own, which only reads.

Everything that the page needs comes from here; its own policy forbids requests to any other host.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web
from textual_serve.server import Server

from reconciler.errors import PlotmanError

POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'"
)
"""Inline: the page's own lines, and the styles that the terminal in it makes."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _Server(Server):
    """One page, its files, and a connection for each browser."""

    async def on_startup(self, app: web.Application) -> None:  # noqa: ARG002 - textual-serve's
        """Say where."""
        self.console.print(f"the dashboard is at {self.public_url}; Ctrl+C ends it", highlight=False)

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(_own_page_only)
        return app

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT. Raises OSError."""
        for number in (signal.SIGTERM, signal.SIGINT):
            # At once: a browser that does not answer would hold up a better end for long, nothing is lost, and the
            # dashboards of all pages end by themselves when their parent is gone.
            signal.signal(number, lambda *_: os._exit(0))
        web.run_app(
            self._make_app(),
            host=self.host,
            port=self.port,
            print=None,
            access_log=None,
            handle_signals=False,
        )


@web.middleware
async def _own_page_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """No other site's page, open in the same browser, may look through this one."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise web.HTTPForbidden(text=f"{origin} is not this page; open http://{request.host}/")
    if request.path == "/ws":
        return await handler(request)
    response = await handler(request)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def serve(command: str, host: str, port: int) -> None:
    """Until SIGTERM or SIGINT. command: runs the dashboard, a shell line.

    Raises PlotmanError where it cannot listen.
    """
    pages = os.path.join(os.path.dirname(__file__), "pages")
    shown = f"[{host}]" if ":" in host else host
    server = _Server(
        command, host, port, title="plotman", public_url=f"http://{shown}:{port}", templates_path=pages
    )
    try:
        server.run()
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise PlotmanError(f"--web: cannot listen on {shown}:{port}: {why}") from None
