"""Stores the pictures of a rectification's step: files first, then their rows."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import N_, Invalid
from backend.core.files import store_picture
from backend.core.pictures import Picture
from backend.hazards.models import Photo, RectificationEntry
from backend.identity.actor import Actor

MOST_PHOTOS = 9
"""In one step; more than one hand can hold up to the reader."""


async def add_photos(
    session: AsyncSession, actor: Actor, entry: RectificationEntry, stage: str, pictures: Sequence[Picture]
) -> list[int]:
    """Keep ``pictures`` with ``entry`` as ``before`` or ``after``; gives the ids of the photos."""
    if len(pictures) > MOST_PHOTOS:
        words = N_("一次最多上传 %(most)s 张照片")
        raise Invalid(words, fields={"photos": words}, most=MOST_PHOTOS)
    photos = [await _store(actor, entry, stage, picture) for picture in pictures]
    session.add_all(photos)
    await session.flush()
    return [photo.id for photo in photos]


async def _store(actor: Actor, entry: RectificationEntry, stage: str, picture: Picture) -> Photo:
    return Photo(
        site_id=actor.site_id,
        rectification_id=entry.rectification_id,
        entry_id=entry.id,
        stage=stage,
        uploaded_by=actor.person_id,
        **asdict(await store_picture(picture)),
    )
