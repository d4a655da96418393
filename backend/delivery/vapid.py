"""The key by which push services know this installation (VAPID, RFC 8292)."""

import base64
import os
import secrets
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from py_vapid import Vapid02

from backend.core.settings import settings


def vapid() -> Vapid02:
    """The installation's key: the one of the settings, else the data folder's, made at its first use."""
    return _key(settings().vapid_key, settings().data_dir.absolute() / "secrets" / "vapid.pem")


def public_key() -> str:
    """The public part as browsers want it when they subscribe (base64url without padding)."""
    point = vapid().public_key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


@lru_cache(maxsize=4)
def _key(given: str, file: Path) -> Vapid02:
    if given:
        return Vapid02.from_string(given)
    if not file.exists():
        _make(file)
    return Vapid02.from_pem(file.read_bytes())


def _make(file: Path) -> None:
    """Several processes may come here at once: the first file stays."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = Vapid02()
    made.generate_keys()
    draft = file.with_name(f".vapid.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(made.private_pem())
        stream.flush()
        os.fsync(stream.fileno())
    with suppress(FileExistsError):
        os.link(draft, file)
    draft.unlink()
