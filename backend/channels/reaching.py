"""Opens the line to the other side: the name is resolved once, its addresses are looked at, and the line goes to the
very address that was looked at, so that a name that changes its mind (DNS rebinding) leads nowhere else."""

import contextlib
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from backend.channels.addresses import may_reach
from backend.channels.answers import Answer, Reason, refused, unreached
from backend.core.settings import settings

PATIENCE_S = 10.0
"""For a call as a whole, but for the search for its name."""


class NotReached(Exception):
    """No line; ``answer`` says why."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.reason)
        self.answer = answer


@dataclass(frozen=True)
class Place:
    """Where to: ``inside``: on the plant's own network, said a person; ``trusted``: the operator named the host."""

    host: str
    port: int
    inside: bool = False
    trusted: bool = False


def place(host: str, port: int, *, inside: bool) -> Place:
    """A place that a person named; trusted when the operator has listed its host (``ANSU_CHANNEL_HOSTS``)."""
    listed = {one.strip().lower() for one in settings().channel_hosts.split(",") if one.strip()}
    return Place(host, port, inside, host.lower() in listed)


def connect(where: Place) -> socket.socket:
    """A line to ``where``, whichever of its addresses answers; they share ``PATIENCE_S``. Raises NotReached."""
    failed: Exception | None = None
    found, given_up = _allowed(where), time.monotonic() + PATIENCE_S
    for left, (family, kind, protocol, _name, address) in zip(range(len(found), 0, -1), found, strict=True):
        line = socket.socket(family, kind, protocol)
        line.settimeout(max((given_up - time.monotonic()) / left, 0.5))
        try:
            line.connect(address)
        except OSError as error:
            line.close()
            failed = error
        else:
            line.settimeout(PATIENCE_S)
            return line
    raise NotReached(answer_of_error(failed or OSError()))


_Found = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int] | tuple[str, int, int, int]]


def _allowed(where: Place) -> list[_Found]:
    try:
        found = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotReached(unreached(Reason.NO_SUCH_HOST, str(error))) from error
    if where.trusted:
        return found  # type: ignore[return-value]
    addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    allowed = [one for one, at in zip(found, addresses, strict=True) if may_reach(at, inside=where.inside)]
    if not allowed:
        could = any(may_reach(at, inside=True) for at in addresses)
        raise NotReached(refused(Reason.INSIDE_ADDRESS if could else Reason.FORBIDDEN_ADDRESS))
    return allowed  # type: ignore[return-value]


def answer_of_error(error: Exception) -> Answer:
    """What a broken line means."""
    if isinstance(error, NotReached):
        return error.answer
    if isinstance(error, ssl.SSLCertVerificationError):
        return refused(Reason.UNTRUSTED, error.verify_message)
    if isinstance(error, TimeoutError):
        return unreached(Reason.TIMED_OUT)
    if isinstance(error, ssl.SSLError):
        return unreached(Reason.NO_CONNECTION, str(error.reason or ""))
    return unreached(Reason.NO_CONNECTION, error.strerror or "" if isinstance(error, OSError) else "")


@contextlib.contextmanager
def hung_up_after(seconds: float, line: socket.socket) -> Iterator[threading.Event]:
    """Whoever says a letter now and then doesn't hold us: after ``seconds`` the line is cut, and the event is set.

    It is cut by a twin of ``line``, since TLS takes the original over.
    """
    cut, twin = threading.Event(), line.dup()

    def cut_it() -> None:
        cut.set()
        with contextlib.suppress(OSError):
            twin.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut_it)
    timer.daemon = True
    timer.start()
    try:
        yield cut
    finally:
        timer.cancel()
        timer.join()
        twin.close()
