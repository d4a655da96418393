"""The key that signs this installation's labels. Labels outlive machines: a backup must hold it."""

import os
import secrets
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from backend.core.settings import settings

KEY_BYTES = 32


def label_key() -> bytes:
    """The key of the settings, else the data folder's, made at its first use."""
    return _key(settings().label_key, settings().data_dir.absolute() / "secrets" / "labels.key")


@lru_cache(maxsize=4)
def _key(given: str, file: Path) -> bytes:
    if given:
        return given.encode()
    if not file.exists():
        _make(file)
    return file.read_text().strip().encode()


def _make(file: Path) -> None:
    """Several processes may come here at once: the first file stays."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".labels.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(secrets.token_hex(KEY_BYTES))
        stream.flush()
        os.fsync(stream.fileno())
    with suppress(FileExistsError):
        os.link(draft, file)
    draft.unlink()
