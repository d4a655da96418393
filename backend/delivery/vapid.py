"""The key by which push services know this installation (VAPID, RFC 8292)."""

import base64
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from py_vapid import Vapid02

from backend.core.secret_files import kept_secret, secret_file
from backend.core.settings import settings


def vapid() -> Vapid02:
    """The installation's key: the one of the settings, else the data folder's, made at its first use."""
    return _key(settings().vapid_key, secret_file("vapid.pem"))


def public_key() -> str:
    """The public part as browsers want it when they subscribe (base64url without padding)."""
    point = vapid().public_key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


@lru_cache(maxsize=4)
def _key(given: str, file: Path) -> Vapid02:
    return Vapid02.from_string(given) if given else Vapid02.from_pem(kept_secret(file, _made))


def _made() -> bytes:
    made = Vapid02()
    made.generate_keys()
    pem: bytes = made.private_pem()
    return pem
