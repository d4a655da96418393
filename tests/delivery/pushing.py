"""A push service of our own, and a browser's keys: real HTTP, encryption (RFC 8291), signatures (RFC 8292)."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def unpacked(word: str) -> bytes:
    return base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))


def packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


@dataclass
class Browser:
    """What a browser keeps to itself when it subscribes."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = b"sixteen bytes ok"

    @property
    def p256dh(self) -> str:
        return packed(point_of(self.key.public_key()))

    @property
    def auth(self) -> str:
        return packed(self.secret)

    def read(self, body: bytes) -> dict[str, Any]:
        """Decrypt one aes128gcm record, written after RFC 8188 and RFC 8291 alone."""
        salt, size = body[:16], body[20]
        sender = body[21 : 21 + size]
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        info = b"WebPush: info\x00" + point_of(self.key.public_key()) + sender
        seed = _derived(self.secret, info, 32, shared)
        key = _derived(salt, b"Content-Encoding: aes128gcm\x00", 16, seed)
        nonce = _derived(salt, b"Content-Encoding: nonce\x00", 12, seed)
        padded = AESGCM(key).decrypt(nonce, body[21 + size :], None)
        told: dict[str, Any] = json.loads(padded.rstrip(b"\x00")[:-1])
        return told


def _derived(salt: bytes, info: bytes, length: int, secret: bytes) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def claims_of(authorization: str, public_key: str) -> dict[str, Any]:
    """The claims of a ``vapid`` header that ``public_key`` signed. Raises when it didn't."""
    scheme, _, rest = authorization.partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert scheme.lower() == "vapid"
    assert parts["k"].rstrip("=") == public_key
    head, body, signature = parts["t"].split(".")
    raw = unpacked(signature)
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unpacked(public_key))
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    key.verify(der, f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
    claims: dict[str, Any] = json.loads(unpacked(body))
    return claims


@dataclass
class PushService:
    """Takes pushes, answers with what ``answers`` says first, else 201."""

    url: str
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    """Path, headers in lower case, body."""
    answers: list[int] = field(default_factory=list)


@contextmanager
def push_service() -> Iterator[PushService]:
    """A push service on a port of its own."""
    service = PushService("")

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            status = service.answers.pop(0) if service.answers else 201
            self.send_response(status)
            if status in {301, 307}:
                self.send_header("Location", f"{service.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    service.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
