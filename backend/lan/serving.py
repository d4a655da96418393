"""The web role's TLS: shows the newest server certificate without a restart."""

import contextlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.lan.authority import Authority

Stamp = tuple[int, int]


def tls_folder(data_dir: Path) -> Path:
    """Where an installation's certificates are."""
    return data_dir / "tls"


@dataclass(frozen=True)
class RenewingContext:
    """A factory for uvicorn: its context looks before each handshake whether ``certificate`` was renewed.

    Open lines keep what they were opened with. A renewal that can't be read is tried again at the next handshake.
    Not a function within one: it is sent to each process of the role.
    """

    certificate: Path
    key: Path

    def __call__(self, _config: Any, _usual: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        """The context that is served with."""
        first = _context(self.certificate, self.key)
        current = (first, _stamp(self.certificate))

        def look(line: ssl.SSLObject, _name: str | None, _context_: ssl.SSLContext) -> None:
            nonlocal current
            with contextlib.suppress(OSError, ssl.SSLError):  # the renewal may just be being written
                stamp = _stamp(self.certificate)
                if stamp != current[1]:
                    current = (_context(self.certificate, self.key), stamp)
            line.context = current[0]

        first.sni_callback = look
        return first


def trusting(data_dir: Path) -> ssl.SSLContext | None:
    """A client's context that trusts the installation's authority alone; None where there is none."""
    authority = Authority(tls_folder(data_dir))
    return ssl.create_default_context(cafile=str(authority.certificate_file)) if authority.exists else None


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context


def _stamp(file: Path) -> Stamp:
    found = file.stat()
    return found.st_mtime_ns, found.st_ino
