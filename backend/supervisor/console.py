"""What ``ansu up`` says at the terminal: short, Chinese first, English beside it."""

import contextlib
import io
import json
import socket
from dataclasses import dataclass
from pathlib import Path

import psutil
import qrcode

from backend import __version__


def say(text: str = "") -> None:
    """Print a line now. A terminal that has gone away doesn't stop the supervisor."""
    with contextlib.suppress(OSError, ValueError):
        print(text, flush=True)  # noqa: T201 - this is the console


@dataclass(frozen=True)
class Welcome:
    """What a person needs once everything answers."""

    url: str
    reachable_by_phone: bool
    seconds: float
    mqtt: str
    """``host:port`` of the embedded broker, or empty."""
    gateway_password: Path
    demo_accounts: Path
    data_dir: Path
    trust_url: str = ""
    """Where a phone learns how to trust our own certificate; empty when it need not."""
    fingerprint: str = ""

    def show(self) -> None:
        """Print it."""
        say(f"\n就绪 / Ready: {self.url}   ({self.seconds:.1f} s)\n")
        say(qr_code(self.trust_url or self.url))
        self._show_phone()
        if self.mqtt:
            say(f"MQTT       {self.mqtt} · 用户 / user: gateway · 密码在 / password in {self.gateway_password}")
        self._show_accounts()
        say(f"日志 / Logs  {self.data_dir / 'logs'}")
        say("按 Ctrl-C 停止 / Press Ctrl-C to stop")

    def _show_phone(self) -> None:
        if not self.reachable_by_phone:
            say("手机 / Phone  此地址仅限本机；手机请用 --lan 启动 / this machine only; for phones start with --lan")
        elif self.trust_url:
            say(f"手机 / Phone  扫码，按提示信任证书 / scan, it shows how to trust us: {self.trust_url}")
            say(f"指纹 / Fingerprint (SHA-256)\n           {self.fingerprint[:47]}\n           {self.fingerprint[48:]}")
        elif not self.url.startswith("https://"):
            say("手机 / Phone  扫码打开；拍照和定位需要 https / scan to open; camera and place need https")

    def _show_accounts(self) -> None:
        for account in _demo_accounts(self.demo_accounts):
            say("演示账户 / Demo  " + " · ".join(account))


def banner(data_dir: Path) -> None:
    """Print who starts, and on what data."""
    say(f"安溯 AnSu {__version__} · 数据目录 / data folder {data_dir}")


def qr_code(text: str) -> str:
    """``text`` as a QR code of half blocks, light modules lit, for dark terminals and light ones."""
    code = qrcode.QRCode(border=2, error_correction=qrcode.constants.ERROR_CORRECT_L)
    code.add_data(text)
    drawn = io.StringIO()
    code.print_ascii(out=drawn, invert=True)
    return drawn.getvalue().rstrip("\n")


def lan_address() -> str:
    """This machine's address on its local network; ``127.0.0.1`` when it has none. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # an address reserved for documentation: only the route is looked up
        return str(probe.getsockname()[0])
    # A plant's network without a way out has no such route.
    addresses = (address for own in psutil.net_if_addrs().values() for address in own)
    ours = (
        a.address for a in addresses if a.family == socket.AF_INET and not a.address.startswith(("127.", "169.254."))
    )
    return next(ours, "127.0.0.1")


def _demo_accounts(file: Path) -> list[list[str]]:
    with contextlib.suppress(OSError, ValueError):
        return [
            [str(entry[key]) for key in ("role", "name", "account", "password") if entry.get(key)]
            for entry in json.loads(file.read_text(encoding="utf-8"))
        ]
    return []
