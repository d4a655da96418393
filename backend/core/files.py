"""Uploaded files on disk, named by their content, so that a stored file never changes.

A path in the database always leads to a whole file: the bytes are on the disk before the name is, and
the name before the row commits. A file without a row (its transaction rolled back) harms nobody.
"""

import asyncio
import contextlib
import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from backend.core.errors import N_, NotFound
from backend.core.pictures import Picture
from backend.core.settings import settings

_PIECE = 1024 * 1024
_RELATIVE = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}\.[a-z0-9]{1,8}")


@dataclass(frozen=True)
class StoredFile:
    """Where bytes lie: ``path`` is relative to the folder of photos."""

    sha256: str
    path: str
    size: int


def photos_folder() -> Path:
    """The folder below which all photos lie."""
    return settings().data_dir / "photos"


async def store_photo(data: bytes, suffix: str) -> StoredFile:
    """Put ``data`` durably on the disk; the same bytes are kept once. ``suffix`` as ``webp``."""
    return await asyncio.to_thread(_store, photos_folder(), data, suffix)


@dataclass(frozen=True)
class StoredPicture:
    """A picture on the disk with its thumbnail, as every table of photos has it: pixels, bytes of the whole."""

    sha256: str
    path: str
    thumbnail_path: str
    width: int
    height: int
    bytes: int


async def store_picture(picture: Picture) -> StoredPicture:
    """Put ``picture`` and its thumbnail durably on the disk."""
    whole = await store_photo(picture.webp, "webp")
    thumbnail = await store_photo(picture.thumbnail, "webp")
    return StoredPicture(whole.sha256, whole.path, thumbnail.path, picture.width, picture.height, whole.size)


class Upload(Protocol):
    """What a form gives for a file (Starlette's ``UploadFile``)."""

    async def read(self, size: int = -1) -> bytes:
        """The next ``size`` bytes."""


async def store_upload(upload: Upload, suffix: str, most: int) -> StoredFile | None:
    """Put the rest of ``upload`` durably on the disk, piece by piece; None when it is longer than ``most`` bytes."""
    root = photos_folder()
    digest, size = hashlib.sha256(), 0
    root.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=root, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            while piece := await upload.read(_PIECE):
                size += len(piece)
                if size > most:
                    return None
                digest.update(piece)
                await asyncio.to_thread(file.write, piece)
            await asyncio.to_thread(_settle, file)
        name = digest.hexdigest()
        stored = StoredFile(name, f"{name[:2]}/{name}.{suffix}", size)
        await asyncio.to_thread(_put, Path(temporary), root, root / stored.path)
    finally:
        await asyncio.to_thread(Path(temporary).unlink, missing_ok=True)
    return stored


def _settle(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _put(temporary: Path, root: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary.replace(target)
    for folder in (target.parent, root):
        _fsync_folder(folder)


def _store(root: Path, data: bytes, suffix: str) -> StoredFile:
    digest = hashlib.sha256(data).hexdigest()
    stored = StoredFile(digest, f"{digest[:2]}/{digest}.{suffix}", len(data))
    target = root / stored.path
    if target.is_file() and target.stat().st_size == len(data):
        return stored
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise
    for folder in (target.parent, root):
        _fsync_folder(folder)
    return stored


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def photo_path(relative: str) -> Path:
    """The file of a stored ``path``. Raises NotFound for anything we didn't name, or when it is gone."""
    path = photos_folder() / relative
    if not _RELATIVE.fullmatch(relative) or not path.is_file():
        raise NotFound(N_("照片不存在"))
    return path
