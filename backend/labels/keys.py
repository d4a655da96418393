"""The key that signs this installation's labels. Labels outlive machines: a backup must hold it."""

import secrets
from functools import lru_cache
from pathlib import Path

from backend.core.secret_files import kept_secret, secret_file
from backend.core.settings import settings

KEY_BYTES = 32


def label_key() -> bytes:
    """The key of the settings, else the data folder's, made at its first use."""
    return _key(settings().label_key, secret_file("labels.key"))


@lru_cache(maxsize=4)
def _key(given: str, file: Path) -> bytes:
    if given:
        return given.encode()
    return kept_secret(file, lambda: secrets.token_hex(KEY_BYTES).encode()).strip()
