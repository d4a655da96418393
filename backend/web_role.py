"""The web role: ``ansu web`` serves pages, JSON and sockets until SIGTERM or SIGINT."""

import importlib
import multiprocessing
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from backend.core.collecting import look_seldom
from backend.core.settings import settings
from backend.delivery.wire import Wire
from backend.embedded.child import end_with
from backend.embedded.ports import is_free, listener
from backend.embedded.refusals import PortTaken
from backend.lan.serving import RenewingContext

GRACE_S = 5
"""Requests in hand may take so long after SIGTERM; sockets are closed and phones resume elsewhere."""
PING_EVERY_S = 20.0
PING_PATIENCE_S = 20.0


def run(_argv: Sequence[str] = ()) -> int:
    """Serve; gives the exit code. Raises PortTaken."""
    if not is_free(settings().port, settings().host):
        raise PortTaken(settings().port, "ANSU_PORT", listener(settings().port))
    uvicorn.run(
        "backend.web_role:application",
        factory=True,
        host=settings().host,
        port=settings().port,
        workers=settings().web_workers,
        loop="uvloop",
        http="httptools",
        ws=Wire,
        ws_per_message_deflate=False,  # frames are small, and one compressed for each phone is encoded for each
        ws_ping_interval=PING_EVERY_S,
        ws_ping_timeout=PING_PATIENCE_S,
        timeout_graceful_shutdown=GRACE_S,
        proxy_headers=True,
        forwarded_allow_ips=settings().trusted_proxies,
        server_header=False,
        access_log=False,
        log_config=None,
        **_tls(),
    )
    return 0


def application() -> FastAPI:
    """The application of one process of the role. One of several ends with the one that started them, even a killed
    one: it would hold the port for ever. Imported here: the one above them serves nothing and needs none of it."""
    above = multiprocessing.parent_process()
    if above is not None and above.pid is not None:
        look_seldom()
        end_with(above.pid, signal.SIGTERM)
    made: FastAPI = importlib.import_module("backend.app").create_app()
    return made


def _tls() -> dict[str, Any]:
    """uvicorn's options for https with the certificate of the settings; none for plain http."""
    certificate, key = settings().tls_certificate, settings().tls_key
    return {"ssl_context_factory": RenewingContext(Path(certificate), Path(key))} if certificate else {}


if __name__ == "__main__":
    raise SystemExit(run())
