"""TCP ports: which are free, who has taken one."""

import contextlib
import random
import socket
from pathlib import Path

import psutil

_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST = 20_000


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on ``host:port`` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def free_port() -> int:
    """A free loopback port below the ephemeral range.

    Inside that range, a client that keeps trying to reach a server while it restarts can be given the
    server's own port by the kernel, connect to itself and so keep the server from coming back.
    """
    highest = _first_ephemeral() - 1
    while True:
        port = random.randint(_LOWEST, highest)  # noqa: S311 - no secret
        if is_free(port):
            return port


def listener(port: int) -> str:
    """Name and pid of the program that listens on ``port``; empty when that can't be seen."""
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            there = connection.status == psutil.CONN_LISTEN and getattr(connection.laddr, "port", 0) == port
            if there and connection.pid:
                return f"{psutil.Process(connection.pid).name()}, pid {connection.pid}"
    return ""


def _first_ephemeral() -> int:
    with contextlib.suppress(OSError, ValueError):
        first = int(_EPHEMERAL.read_text().split()[0])
        if first > _LOWEST + 1000:
            return first
    return 32_768
