"""Secrets of the data folder: made at their first use, then the same for all processes. A backup holds them."""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from backend.core.settings import settings


def secret_file(name: str) -> Path:
    """Where the secret ``name`` of this installation lies."""
    return settings().data_dir.absolute() / "secrets" / name


def kept_secret(file: Path, make: Callable[[], bytes]) -> bytes:
    """What ``file`` holds; ``make`` gives it when there is none yet.

    Several processes may come here at once: the first file stays.
    """
    if not file.exists():
        _write(file, make())
    return file.read_bytes()


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.stem}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    with suppress(FileExistsError):
        os.link(draft, file)
    draft.unlink()
