"""Reads what people send about check-ins: a visit's answers with photos and position, and a plan with its checklist."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Form, Header, Request
from starlette.datastructures import FormData, UploadFile

from backend.checkins.checklists import MOST_QUESTIONS, Answer, Question, TypedQuestion, read_questions
from backend.checkins.commands import Look, PlanWish
from backend.checkins.photos import MOST_PHOTOS
from backend.checkins.position import read_position
from backend.core.clock import now, true_moment
from backend.core.errors import N_, Invalid
from backend.core.pictures import Picture, convert, read_upload

MOST_UPLOADS = 40
"""In one check-in."""
BLANK_ROWS = 2
"""Empty items shown below those of a checklist."""


class VisitForm:
    """A check-in as it was sent; ``read`` looks at the photos only when asked, after who asks is known.

    Items are named by their places: ``answer_0``, ``note_0``, ``photos_0``. ``idempotency_key`` may also come as the
    header ``Idempotency-Key``; ``captured_at`` is the phone's time of it, ``device_now`` its time when it sent.
    """

    def __init__(self, form: FormData, key_header: str = "") -> None:
        self._form = form
        self._key_header = key_header

    def text(self, name: str, most: int = 1001) -> str:
        """The field as typed, cut to ``most`` letters; "" when it wasn't sent."""
        value = self._form.get(name, "")
        return value[:most] if isinstance(value, str) else ""

    def uploads(self, name: str) -> list[UploadFile]:
        """Files of a field; browsers send an empty one for a field nobody used."""
        sent = [value for value in self._form.getlist(name) if isinstance(value, UploadFile)]
        return [upload for upload in sent if upload.filename or upload.size]

    @property
    def has_photos(self) -> bool:
        """Whether any files came along."""
        return any(self.uploads(name) for name in self._form)

    @property
    def equipment_id(self) -> int | None:
        """The place, when it is equipment."""
        return database_id(self.text("equipment"))

    @property
    def area_id(self) -> int | None:
        """The place, when it is an area."""
        return database_id(self.text("area"))

    async def read(self) -> Look:
        """What was sent, its pictures made safe. Raises Invalid, TooLarge or TooMany."""
        places = range(MOST_QUESTIONS)
        if sum(len(self.uploads(name)) for name in set(self._form)) > MOST_UPLOADS:
            raise Invalid(N_("照片太多，请分开上报"))
        answers = {
            place: Answer(
                self.text(f"answer_{place}"),
                self.text(f"note_{place}"),
                await self._pictures(f"photos_{place}", f"answer_{place}"),
            )
            for place in places
        }
        return Look(
            answers={place: one for place, one in answers.items() if one.answer or one.note or one.pictures},
            all_well=self.text("all_well") == "1",
            checklist_id=database_id(self.text("checklist")),
            note=self.text("note"),
            pictures=await self._pictures("photos", "photos"),
            position=read_position(self.text("lat", 40), self.text("lon", 40), self.text("accuracy", 40)),
            consent=self.text("consent") == "on" if self.text("consent_asked") else None,
            label=self.text("label", 400),
            captured_at=true_moment(_moment(self.text("captured_at")), _moment(self.text("device_now")), now()),
            idempotency_key=self.text("idempotency_key", 65) or self._key_header,
        )

    async def _pictures(self, name: str, beside: str) -> list[Picture]:
        uploads = self.uploads(name)
        if len(uploads) > MOST_PHOTOS:
            words = N_("一次最多上传 %(most)s 张照片")
            raise Invalid(words, fields={beside: words}, most=MOST_PHOTOS)
        return [await convert(await read_upload(upload)) for upload in uploads]


async def visit_form(
    request: Request, key: Annotated[str, Header(alias="Idempotency-Key", max_length=64)] = ""
) -> VisitForm:
    """The request's form."""
    return VisitForm(await request.form(), key)


VisitFormDep = Annotated[VisitForm, Depends(visit_form)]


def _moment(typed: str) -> datetime | None:
    with contextlib.suppress(ValueError):
        return datetime.fromisoformat(typed) if typed else None
    return None


_Row = Annotated[Sequence[str], Form(max_length=MOST_QUESTIONS + BLANK_ROWS)]
_Ids = Annotated[Sequence[str], Form(max_length=500)]
_Short = Annotated[str, Form(max_length=120)]


@dataclass
class PlanForm:
    """A plan as typed. Its checklist comes as columns, one entry a row."""

    name: Annotated[str, Form(max_length=400)] = ""
    name_en: Annotated[str, Form(max_length=400)] = ""
    post_id: _Short = ""
    rhythm: _Short = "shift"
    interval_h: _Short = ""
    skips_holidays: _Short = ""
    asks_photo: _Short = ""
    equipment: _Ids = ()
    area: _Ids = ()
    item_kind: _Row = ()
    item_title: _Row = ()
    item_title_en: _Row = ()
    item_low: _Row = ()
    item_high: _Row = ()
    item_unit: _Row = ()
    item_choices: _Row = ()
    item_choices_en: _Row = ()
    version: _Short = ""
    more: _Short = ""
    """Pressed to get empty rows, without saving."""

    def rows(self) -> list[TypedQuestion]:
        """The checklist as typed, a row each."""
        columns = (
            self.item_kind,
            self.item_title,
            self.item_title_en,
            self.item_low,
            self.item_high,
            self.item_unit,
            self.item_choices,
            self.item_choices_en,
        )
        return [TypedQuestion(*(_nth(column, n) for column in columns)) for n in range(len(self.item_title))]

    def shown_rows(self) -> list[TypedQuestion]:
        """The rows of the form: what was typed, and empty ones below."""
        rows = self.rows()
        while rows and not rows[-1].title.strip():
            rows.pop()
        wanted = min(len(rows) + BLANK_ROWS * (2 if self.more else 1), MOST_QUESTIONS + BLANK_ROWS)
        return rows + [TypedQuestion()] * max(0, wanted - len(rows))

    def read(self) -> PlanWish:
        """What is wished for. Raises Invalid by field for the checklist and the interval."""
        questions: tuple[Question, ...] = read_questions(self.rows())
        return PlanWish(
            name=self.name,
            name_en=self.name_en,
            post_id=database_id(self.post_id) or 0,
            rhythm=self.rhythm,
            questions=questions,
            equipment_ids=_ids(self.equipment),
            area_ids=_ids(self.area),
            interval_minutes=_minutes(self.interval_h),
            skips_holidays=self.skips_holidays == "on",
            asks_photo=self.asks_photo == "on",
        )


def _nth(column: Sequence[str], n: int) -> str:
    return column[n][:400] if n < len(column) else ""


def _ids(typed: Sequence[str]) -> tuple[int, ...]:
    return tuple(id_ for id_ in map(database_id, typed) if id_ is not None)


def _minutes(hours: str) -> int | None:
    try:
        return round(float(hours) * 60)
    except (ValueError, OverflowError):
        return None


def database_id(typed: str) -> int | None:
    """A database id as typed; None for anything else."""
    return int(typed) if typed.isascii() and typed.isdigit() and 0 < int(typed) < 2**63 else None
