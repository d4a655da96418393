"""Secrets of channels are encrypted with a key that lies outside the database, so that a dump of it betrays none.

AES-256-GCM (NIST SP 800-38D) with a random nonce a sealing; bound to the site, so that a row copied to another opens
nothing there.
"""

import json
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from backend.core.secret_files import kept_secret, secret_file
from backend.core.settings import settings

_NONCE = 12
_KEY_BYTES = 32


class Sealed(Exception):
    """It can't be opened: the key is another one, e.g. after a restore without the folder of secrets."""


def seal(site_id: int, secrets: Mapping[str, str]) -> bytes:
    """``secrets`` as they are stored."""
    nonce = os.urandom(_NONCE)
    plain = json.dumps(dict(secrets), ensure_ascii=False).encode()
    return nonce + AESGCM(_key()).encrypt(nonce, plain, _bound_to(site_id))


def unseal(site_id: int, sealed: bytes) -> dict[str, str]:
    """What was sealed. Raises Sealed."""
    try:
        plain = AESGCM(_key()).decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound_to(site_id))
    except (InvalidTag, ValueError) as error:
        raise Sealed from error
    found: dict[str, str] = json.loads(plain)
    return found


def _bound_to(site_id: int) -> bytes:
    return f"channel:{site_id}".encode()


def _key() -> bytes:
    return _key_of(settings().channel_key, secret_file("channels.key"))


@lru_cache(maxsize=4)
def _key_of(given: str, file: Path) -> bytes:
    if given:
        return HKDF(SHA256(), _KEY_BYTES, None, b"ansu channels").derive(given.encode())
    return bytes.fromhex(kept_secret(file, lambda: os.urandom(_KEY_BYTES).hex().encode()).decode().strip())
