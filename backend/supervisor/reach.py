"""Where the web role is reached: on this machine alone, on the network by http behind a proxy, or by our own https."""

import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from backend.core.settings import Settings
from backend.embedded.ports import is_free, listener
from backend.embedded.refusals import PortTaken
from backend.lan.authority import Authority, Names
from backend.lan.names import own_names
from backend.lan.serving import tls_folder, trusting
from backend.supervisor.console import lan_address, say

EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - only compared with
LOOK_AGAIN_S = 60.0
"""How often an end of the certificate that comes near, or another address, is looked for."""


@dataclass
class Reach:
    """``secure``: serve https ourselves (``--lan`` without a proxy's ``ANSU_PUBLIC_URL``), and http only as a door."""

    settings: Settings
    secure: bool = False
    names: Callable[[], Names] = own_names
    _looked: float = field(default=0.0, init=False)
    _authority: Authority = field(init=False)

    def __post_init__(self) -> None:
        self._authority = Authority(tls_folder(self.settings.data_dir.absolute()))

    @property
    def roles(self) -> dict[str, float]:
        """Further roles that it needs, with the seconds each may take to stop."""
        return {"door": 4.0} if self.secure else {}

    @property
    def port(self) -> int:
        """The web role's own port."""
        return self.settings.https_port if self.secure else self.settings.port

    @property
    def local_url(self) -> str:
        """The web role's address on this machine."""
        host = "127.0.0.1" if self.settings.host in EVERYWHERE else self.settings.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}"

    @property
    def public_url(self) -> str:
        """The address that phones open."""
        if self.settings.public_url:
            return self.settings.public_url
        host = lan_address() if self.settings.host in EVERYWHERE else self.settings.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}"

    @property
    def trust_url(self) -> str:
        """Where a phone learns how to trust us; empty where it need not."""
        return f"http://{lan_address()}:{self.settings.port}/trust" if self.secure else ""

    @property
    def fingerprint(self) -> str:
        """The authority's, to compare with the phone's; empty where there is none."""
        return self._authority.certificate().fingerprint if self.secure else ""

    def check_ports(self) -> None:
        """Raise PortTaken when another program listens where we must."""
        wanted = {"ANSU_PORT": self.settings.port} | ({"ANSU_HTTPS_PORT": self.port} if self.secure else {})
        for setting, port in wanted.items():
            if not is_free(port, self.settings.host):
                raise PortTaken(port, setting, listener(port))

    def certify(self) -> None:
        """Make or renew the certificates where we serve https; say so when phones can't reach us by a name."""
        self._looked = time.monotonic()
        if not self.secure:
            return
        names = self.names()
        if self._authority.ensure(names):
            say("已签发本机证书 / Signed this machine's certificate: " + ", ".join(map(str, names.addresses)))
        if outside := self._authority.outside(names):
            said = ", ".join(outside)
            say(f"证书不能用于 / The certificate can't vouch for: {said} (docs/operating.md)")

    def tend(self) -> None:
        """Look every minute whether the certificate must be renewed: the web role shows a new one by itself."""
        if self.secure and time.monotonic() - self._looked > LOOK_AGAIN_S:
            try:
                self.certify()
            except OSError as error:
                say(f"证书未能更新 / The certificate could not be renewed: {error}")

    def environment(self, role: str) -> dict[str, str]:
        """``ANSU_*`` variables of ``role``: only the web role listens by https."""
        common = {"ANSU_HOST": self.settings.host, "ANSU_PUBLIC_URL": self.public_url}
        if not self.secure:
            return common
        common["ANSU_HTTPS_PORT"] = str(self.port)
        if role != "web":
            return common | {"ANSU_PORT": str(self.settings.port)}
        files = {"ANSU_TLS_CERTIFICATE": self._authority.server_file, "ANSU_TLS_KEY": self._authority.server_key_file}
        return common | {"ANSU_PORT": str(self.port)} | {name: str(file) for name, file in files.items()}

    def answers(self) -> bool:
        """Whether the web role says it is ready."""
        try:
            with urllib.request.urlopen(f"{self.local_url}/readyz", timeout=1, context=self._trust()):  # noqa: S310
                return True
        except (urllib.error.URLError, OSError):
            return False

    def _trust(self) -> ssl.SSLContext | None:
        return trusting(self._data_dir) if self.secure else None

    @property
    def _data_dir(self) -> Path:
        return self.settings.data_dir.absolute()
