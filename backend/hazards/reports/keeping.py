"""Puts a report's pictures and voice note on the disk: files first, then their rows."""

from dataclasses import asdict

from backend.core.files import store_photo, store_picture
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
    return ReportPhoto(
        site_id=site_id,
        **asdict(await store_picture(shown)),
        original_path=(await store_photo(original.webp, "webp")).path if original else "",
    )
