"""The other sides of channels as real servers on ports of their own: one that takes HTTP, one that takes mail."""

import base64
import json
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

OK = (200, {"errcode": 0, "errmsg": "ok", "code": 0, "msg": "success"})


@dataclass(frozen=True)
class Got:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def markdown(self) -> str:
        """The text of a robot's message, whatever its kind."""
        told = self.told
        if "markdown" in told:
            return str(told["markdown"].get("content") or told["markdown"]["text"])
        ((_language, post),) = told["content"]["post"].items()
        rows = ["".join(piece["text"] for piece in row) for row in post["content"]]
        return "\n".join([post["title"], *rows])


@dataclass
class OtherSide:
    """Answers what ``answers`` says first, else that all is well. ``before`` is called with each request first."""

    url: str = ""
    got: list[Got] = field(default_factory=list)
    answers: list[tuple[int, Any]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    before: Callable[[Got], None] | None = None
    drips: bool = False
    """Whether it answers one letter a second."""


@contextmanager
def other_side(tls: ssl.SSLContext | None = None) -> Iterator[OtherSide]:
    """A server on a port of its own, by https where ``tls`` says so."""
    side = OtherSide()

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got = Got(self.path, {k.lower(): v for k, v in self.headers.items()}, body, time.time())
            side.got.append(got)
            if side.before:
                side.before(got)
            status, said = side.answers.pop(0) if side.answers else OK
            if side.drips:
                self._drip()
                return
            content = said.encode() if isinstance(said, str) else json.dumps(said).encode()
            self.send_response(status)
            for name, value in side.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _drip(self) -> None:
            for letter in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 60:
                try:
                    self.wfile.write(bytes([letter]))
                    self.wfile.flush()
                except OSError:
                    return
                time.sleep(0.5)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    server.daemon_threads = True
    side.url = f"http://127.0.0.1:{server.server_port}"
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        side.url = f"https://localhost:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield side
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class MailServer:
    """A mail server. ``refuses``: command → reply that it gives instead of a yes."""

    host: str = "localhost"
    port: int = 0
    user: str = ""
    password: str = ""
    tls: ssl.SSLContext | None = None
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    signed_in: list[bool] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)


class Clerk(socketserver.StreamRequestHandler):
    """Speaks RFC 5321 as far as a client needs it."""

    office: MailServer

    def handle(self) -> None:
        self.secure, self.known, self.to = False, not self.office.user, list[str]()
        self.say("220 mail.test ready")
        while line := self.rfile.readline():
            words = line.decode().strip()
            verb = words.split(" ")[0].split(":")[0].upper()
            if refused := self.office.refuses.get(verb):
                self.say(refused)
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                getattr(self, f"on_{verb.lower()}", self.on_other)(words)

    def say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")

    def on_other(self, _words: str) -> None:
        self.say("250 ok")

    def on_ehlo(self, _words: str) -> None:
        offers = ["mail.test", "SIZE 30000000", "AUTH PLAIN"]
        offers += ["STARTTLS"] if self.office.tls and not self.secure else []
        for place, offer in enumerate(offers, 1):
            self.say(f"250{' ' if place == len(offers) else '-'}{offer}")

    def on_starttls(self, _words: str) -> None:
        assert self.office.tls is not None
        self.say("220 go on")
        self.request = self.office.tls.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)
        self.secure = True

    def on_auth(self, words: str) -> None:
        _, user, password = base64.b64decode(words.split(" ")[2]).decode().split("\0")
        self.known = not self.office.user or (user, password) == (self.office.user, self.office.password)
        self.say("235 welcome" if self.known else "535 5.7.8 authentication failed")

    def on_mail(self, _words: str) -> None:
        self.to = []
        self.say("250 ok" if self.known else "530 5.7.0 sign in first")

    def on_rcpt(self, words: str) -> None:
        self.to.append(words.partition("<")[2].partition(">")[0])
        self.say("250 ok")

    def on_data(self, _words: str) -> None:
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        mail = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.office.mails.append(mail)
        self.office.recipients.append(self.to)
        self.office.encrypted.append(self.secure)
        self.office.signed_in.append(self.known and bool(self.office.user))
        self.say("250 taken")


@contextmanager
def mail_server(**wanted: Any) -> Iterator[MailServer]:
    """A mail server on a port of its own."""
    server = MailServer(**wanted)
    desk = socketserver.ThreadingTCPServer(("127.0.0.1", 0), type("OurClerk", (Clerk,), {"office": server}))
    desk.daemon_threads = True
    server.port = desk.server_address[1]
    threading.Thread(target=desk.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        desk.shutdown()
        desk.server_close()


def certificate(folder: Path, name: str) -> Path:
    """A PEM file with a key and a certificate for ``name`` that it signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    moment = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - timedelta(hours=1))
        .not_valid_after(moment + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


def tls_of(file: Path) -> ssl.SSLContext:
    """A server's side with that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
