"""Stores the pictures of a check-in: files first, then their rows."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy.ext.asyncio import AsyncSession

from backend.checkins.models import CheckIn, CheckInPhoto
from backend.core.errors import N_, Invalid
from backend.core.files import store_picture
from backend.core.pictures import Picture
from backend.identity.actor import Actor

MOST_PHOTOS = 9
"""Of one item."""


async def add_photos(
    session: AsyncSession, actor: Actor, checked: CheckIn, position: int | None, pictures: Sequence[Picture]
) -> list[int]:
    """Keep ``pictures`` with the item at ``position``, or with the whole; gives the ids of the photos."""
    if len(pictures) > MOST_PHOTOS:
        words = N_("一次最多上传 %(most)s 张照片")
        raise Invalid(words, fields={"photos" if position is None else f"answer_{position}": words}, most=MOST_PHOTOS)
    photos = [await _store(actor, checked, position, picture) for picture in pictures]
    session.add_all(photos)
    await session.flush()
    return [photo.id for photo in photos]


async def _store(actor: Actor, checked: CheckIn, position: int | None, picture: Picture) -> CheckInPhoto:
    return CheckInPhoto(
        site_id=actor.site_id,
        check_in_id=checked.id,
        position=position,
        uploaded_by=actor.person_id,
        **asdict(await store_picture(picture)),
    )
