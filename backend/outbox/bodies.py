"""What has arrived of big forms: their bodies, a file each below a folder of the person who sends it.

A body is named by the SHA-256 of the whole of it. So the phone may send the same form again and again and goes on
where it was, a body that was changed is another, and what a power cut tore is known before it is used.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import os
import time
from pathlib import Path
from typing import IO

from backend.core.errors import N_, TooLarge
from backend.core.security import most_bytes
from backend.core.settings import settings

NAME = r"^[0-9a-f]{64}$"
"""What a name looks like; nothing else may become a part of a path."""
KEPT_S = 7 * 86_400
"""So long after its last piece a body that nobody sends is kept."""
MOST_BODIES = 20
"""So many a person may have begun; the oldest give way. Their phone then begins these anew."""

TOO_LARGE = N_("内容过大，请减少照片后再提交")


def _path(person_id: int, name: str) -> Path:
    return settings().data_dir / "outbox" / str(person_id) / name


async def arrived(person_id: int, name: str) -> int:
    """How many bytes of the body there are: 0 for one that isn't known."""
    return await asyncio.to_thread(_arrived, _path(person_id, name))


async def append(person_id: int, name: str, offset: int, piece: bytes) -> int:
    """Add ``piece`` if the body ends at ``offset``, and give where it ends then; elsewhere nothing is added.

    Raises TooLarge when the body would grow longer than a form may be.
    """
    return await asyncio.to_thread(_append, _path(person_id, name), offset, piece)


async def opened(person_id: int, name: str) -> IO[bytes] | None:
    """The whole body from its beginning; None when it isn't there or not what its name says, which removes it."""
    return await asyncio.to_thread(_opened, _path(person_id, name))


async def drop(person_id: int, name: str) -> None:
    """Remove the body, if there is one."""
    await asyncio.to_thread(_path(person_id, name).unlink, missing_ok=True)


async def drop_abandoned() -> None:
    """Remove what was left alone for KEPT_S."""
    await asyncio.to_thread(_drop_abandoned)


def _arrived(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _append(path: Path, offset: int, piece: bytes) -> int:
    most = most_bytes("multipart/form-data")
    if offset + len(piece) > most:
        raise TooLarge(TOO_LARGE)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # a request that was thought lost may still be at work
        end = file.seek(0, os.SEEK_END)
        if end == offset:
            end += file.write(piece)
    _make_room(path, most)
    return end


def _make_room(path: Path, most: int) -> None:
    """Beside the body at ``path`` its person's others fill no more than ``most`` bytes."""
    others = [(found.stat(), found) for found in path.parent.iterdir() if found != path]
    for number, (state, other) in enumerate(sorted(others, key=lambda each: each[0].st_mtime, reverse=True), 2):
        most -= state.st_size
        if most < 0 or number > MOST_BODIES:
            other.unlink(missing_ok=True)


def _opened(path: Path) -> IO[bytes] | None:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    if hashlib.file_digest(file, "sha256").hexdigest() == path.name:
        file.seek(0)
        return file
    file.close()
    path.unlink(missing_ok=True)
    return None


def _drop_abandoned() -> None:
    before = time.time() - KEPT_S
    for path in (settings().data_dir / "outbox").glob("*/*"):
        with contextlib.suppress(FileNotFoundError):  # sent at this very moment
            if path.stat().st_mtime < before:
                path.unlink()
