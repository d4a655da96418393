"""Makes an upload into a picture, video or PDF that a course can show: known by its first bytes, never by its name.

Pictures are re-encoded as all pictures are. Videos and PDFs are kept as they came and given out with headers under
which a browser runs nothing of them.
"""

from pathlib import PurePath
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import N_, Invalid, TooLarge
from backend.core.files import StoredFile, store_photo, store_upload
from backend.core.pictures import convert, read_upload
from backend.core.pictures import sniff as sniff_picture
from backend.core.settings import settings
from backend.identity.actor import Actor
from backend.training.models import CourseMedia

FIELD = "media"
_HEAD = 64
"""Bytes that tell what a file is."""
_MP4_BRANDS = frozenset({b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash"})
MEDIA_TYPES = {"mp4": "video/mp4", "webm": "video/webm", "pdf": "application/pdf"}


class MediaUpload(Protocol):
    """What a form gives for a file (Starlette's ``UploadFile``)."""

    filename: str | None

    async def read(self, size: int = -1) -> bytes:
        """The next ``size`` bytes."""

    async def seek(self, offset: int) -> None:
        """Go on reading from ``offset``."""


def sniff(head: bytes) -> str | None:
    """``picture``, ``mp4``, ``webm`` or ``pdf`` by a file's first 64 bytes; None for anything else."""
    if head[4:8] == b"ftyp" and head[8:12] in _MP4_BRANDS:
        return "mp4"
    if head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in head:
        return "webm"
    if head.startswith((b"%PDF-1.", b"%PDF-2.")):
        return "pdf"
    return "picture" if sniff_picture(head) else None


async def keep(session: AsyncSession, actor: Actor, upload: MediaUpload) -> CourseMedia:
    """Store ``upload`` and its row. Raises Invalid for what is none of the four, TooLarge, TooMany."""
    kind = sniff(await upload.read(_HEAD))
    await upload.seek(0)
    if kind is None:
        words = N_("只能上传照片、视频（MP4、WebM）或 PDF")
        raise Invalid(words, fields={FIELD: words})
    stored = await _picture(upload) if kind == "picture" else await _whole(upload, kind)
    media = CourseMedia(
        site_id=actor.site_id,
        kind={"picture": "picture", "pdf": "pdf"}.get(kind, "video"),
        name=PurePath((upload.filename or "").replace("\\", "/")).name[:120],
        media_type=MEDIA_TYPES.get(kind, "image/webp"),
        path=stored.path,
        sha256=stored.sha256,
        bytes=stored.size,
        uploaded_by=actor.person_id,
    )
    session.add(media)
    await session.flush()
    return media


async def _picture(upload: MediaUpload) -> StoredFile:
    return await store_photo((await convert(await read_upload(upload))).webp, "webp")


async def _whole(upload: MediaUpload, kind: str) -> StoredFile:
    most = settings().max_media_bytes
    stored = await store_upload(upload, kind, most)
    if stored is None:
        words = N_("视频或 PDF 最大 %(most)s MB，请压缩后再传")
        raise TooLarge(words, fields={FIELD: words}, most=most // (1024 * 1024))
    return stored
