"""Reads what somebody sends as a report: choices and words, photos with their originals, a voice note, a position."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import File, Form, Header, UploadFile

from backend.core.clock import now, true_moment
from backend.core.errors import N_, Invalid
from backend.core.pictures import Picture, convert, read_upload
from backend.hazards.forms import database_id
from backend.hazards.photos import MOST_PHOTOS
from backend.hazards.reports.draft import Position, ReportDraft
from backend.hazards.reports.models import Factor
from backend.hazards.reports.voice import read_voice


@dataclass
class ReportForm:
    """A report as it was typed. ``read`` looks at the files only when asked, after who asks is known.

    ``place`` is ``equipment:7`` or ``area:3``; ``joins`` the id of an open report. ``originals`` are the pictures
    before somebody drew on them; ``drawn`` lists, with commas, the indexes into ``photos`` that they belong to.
    ``captured_at`` is the phone's time of it, ``device_now`` the phone's time when it sent.
    """

    factor: Annotated[str, Form(max_length=20)] = Factor.OBJECT
    details: Annotated[str, Form(max_length=4000)] = ""
    place: Annotated[str, Form(max_length=40)] = ""
    label: Annotated[str, Form(max_length=200)] = ""
    joins: Annotated[str, Form(max_length=20)] = ""
    latitude: Annotated[str, Form(max_length=30)] = ""
    longitude: Annotated[str, Form(max_length=30)] = ""
    accuracy_m: Annotated[str, Form(max_length=30)] = ""
    drawn: Annotated[str, Form(max_length=60)] = ""
    idempotency_key: Annotated[str, Form(max_length=64)] = ""
    captured_at: Annotated[datetime | None, Form()] = None
    device_now: Annotated[datetime | None, Form()] = None
    photos: Annotated[Sequence[UploadFile], File()] = ()
    originals: Annotated[Sequence[UploadFile], File()] = ()
    voice: Annotated[Sequence[UploadFile], File()] = ()
    key_header: Annotated[str, Header(alias="Idempotency-Key", max_length=64)] = ""

    @property
    def equipment_id(self) -> int | None:
        """The equipment it names."""
        return _id_of("equipment", self.place)

    @property
    def area_id(self) -> int | None:
        """The area it names."""
        return _id_of("area", self.place)

    @property
    def has_files(self) -> bool:
        """Whether files came along; browsers send an empty one for a field nobody used."""
        return bool(_used(self.photos) or _used(self.voice))

    async def read(self) -> ReportDraft:
        """What was sent, its files made safe. Raises Invalid, TooLarge or TooMany beside the field."""
        photos, originals = _used(self.photos), _used(self.originals)
        if len(photos) > MOST_PHOTOS or len(originals) > MOST_PHOTOS:
            words = N_("一次最多上传 %(most)s 张照片")
            raise Invalid(words, fields={"photos": words}, most=MOST_PHOTOS)
        spoken = _used(self.voice)
        return ReportDraft(
            details=self.details,
            factor=self.factor,
            equipment_id=self.equipment_id,
            area_id=self.area_id,
            joins=database_id(self.joins),
            position=_position(self.latitude, self.longitude, self.accuracy_m),
            pictures=[await _picture(upload) for upload in photos],
            originals={
                index: await _picture(upload)
                for index, upload in zip(_indexes(self.drawn, len(photos)), originals, strict=False)
            },
            voice=await read_voice(spoken[0]) if spoken else None,
            idempotency_key=self.idempotency_key or self.key_header,
            captured_at=true_moment(self.captured_at, self.device_now, now()),
        )


def _used(uploads: Sequence[UploadFile]) -> list[UploadFile]:
    return [upload for upload in uploads if upload.filename or upload.size]


async def _picture(upload: UploadFile) -> Picture:
    return await convert(await read_upload(upload))


def _id_of(wanted: str, place: str) -> int | None:
    what, _, id_ = place.partition(":")
    return database_id(id_) if what == wanted else None


def _indexes(drawn: str, count: int) -> list[int]:
    return [int(part) for part in drawn.split(",") if part.isascii() and part.isdigit() and int(part) < count]


def _position(latitude: str, longitude: str, accuracy: str) -> Position | None:
    """Degrees to five decimals, a metre; None without any. Raises Invalid for what no place on earth has."""
    if not latitude and not longitude:
        return None
    try:
        north, east, within = float(latitude), float(longitude), float(accuracy or 0)
    except ValueError:
        north = east = within = float("nan")
    if not (-90 <= north <= 90 and -180 <= east <= 180 and 0 <= within < 1e7):
        raise Invalid(fields={"place": N_("手机给出的位置无效，请从列表选择地点")})
    return Position(round(north, 5), round(east, 5), round(within, 1) or None)
