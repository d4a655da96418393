"""Makes an untrusted upload into a safe picture: sniffed, bounded, decoded in a child process, re-encoded.

What comes out is WebP without EXIF (so without the place where it was taken), upright, at most 2048
pixels a side, with a thumbnail. Callers store it with ``core.files``.
"""

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from backend.core.errors import N_, DomainError, Invalid, TooLarge, TooMany
from backend.core.settings import settings

SIDE = 2048
THUMBNAIL_SIDE = 320
SECONDS = 30.0
FIELD = "photos"
"""Name of the form field that refusals are shown beside."""

_DECODER = Path(__file__).with_name("picture_decoder.py")
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"})
_AT_ONCE = 2
_MOST_WAITING = 8
_turn = asyncio.Semaphore(_AT_ONCE)
_waiting = 0


@dataclass(frozen=True)
class Picture:
    """A picture that may be shown: WebP bytes, size in pixels, and its thumbnail (WebP)."""

    webp: bytes
    thumbnail: bytes
    width: int
    height: int


class Upload(Protocol):
    """What a form gives for a file (Starlette's ``UploadFile``)."""

    async def read(self, size: int = -1) -> bytes:
        """The next ``size`` bytes."""


def sniff(data: bytes) -> str | None:
    """Pillow's name of the format by the first bytes: JPEG, PNG, WEBP or HEIF; None for anything else.

    SVG, PDF, GIF, TIFF and AVIF are none of ours: phones' cameras don't make them, and each is attack surface.
    """
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return "HEIF"
    return None


async def read_upload(upload: Upload) -> bytes:
    """The file's bytes. Raises TooLarge when there are more than ``max_upload_bytes``."""
    most = settings().max_upload_bytes
    data = await upload.read(most + 1)
    if len(data) > most:
        words = N_("一张照片最大 %(most)s MB，请换一张小一些的")
        raise TooLarge(words, fields={FIELD: words}, most=most // (1024 * 1024))
    return data


async def convert(data: bytes) -> Picture:
    """The safe picture in ``data``. Raises Invalid when it is no picture we take, TooMany when too many wait."""
    kind = sniff(data)
    if kind is None:
        raise _refusal("kind")
    global _waiting  # noqa: PLW0603 - one queue a process
    if _waiting >= _MOST_WAITING:
        raise TooMany(N_("正在处理的照片太多，请过一会儿再提交"))
    _waiting += 1
    try:
        async with _turn:
            return _unpack(await _decode(data, kind))
    finally:
        _waiting -= 1


async def _decode(data: bytes, kind: str) -> bytes:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        str(_DECODER),
        kind,
        str(settings().max_upload_pixels),
        str(SIDE),
        str(THUMBNAIL_SIDE),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"MALLOC_ARENA_MAX": "2"},
    )
    try:
        answer, _ = await asyncio.wait_for(child.communicate(data), SECONDS)
    except TimeoutError:
        raise _refusal("broken") from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return answer


def _unpack(answer: bytes) -> Picture:
    head, _, files = answer.partition(b"\n")
    if not head:  # the child was ended by its limits
        raise _refusal("broken")
    facts = json.loads(head)
    if "refused" in facts:
        raise _refusal(facts["refused"])
    return Picture(files[: facts["picture"]], files[facts["picture"] :], facts["width"], facts["height"])


def _refusal(why: str) -> DomainError:
    words = {
        "kind": N_("只能上传照片（JPEG、PNG、WebP、HEIC）"),
        "pixels": N_("照片尺寸过大（最多 %(most)s 万像素），请换一张"),
        "broken": N_("照片打不开，可能没有传完，请重新拍一张"),
    }[why]
    return Invalid(words, fields={FIELD: words}, most=settings().max_upload_pixels // 10_000)
