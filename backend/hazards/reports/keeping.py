"""Puts a report's pictures and voice note on the disk: files first, then their rows."""

from backend.core.files import store_photo
from backend.core.pictures import Picture
from backend.hazards.reports.draft import ReportDraft
from backend.hazards.reports.models import ReportPhoto
from backend.hazards.reports.voice import VoiceNote


async def keep_voice(note: VoiceNote | None) -> str:
    """Path of the stored note; "" without one."""
    return (await store_photo(note.data, note.suffix)).path if note else ""


async def keep_pictures(site_id: int, draft: ReportDraft) -> list[ReportPhoto]:
    """The draft's pictures on the disk, each drawn one with its original, as rows that still lack their report."""
    return [await _kept(site_id, shown, draft.originals.get(index)) for index, shown in enumerate(draft.pictures)]


async def _kept(site_id: int, shown: Picture, original: Picture | None) -> ReportPhoto:
    stored = await store_photo(shown.webp, "webp")
    thumbnail = await store_photo(shown.thumbnail, "webp")
    return ReportPhoto(
        site_id=site_id,
        sha256=stored.sha256,
        path=stored.path,
        thumbnail_path=thumbnail.path,
        original_path=(await store_photo(original.webp, "webp")).path if original else "",
        width=shown.width,
        height=shown.height,
        bytes=stored.size,
    )
