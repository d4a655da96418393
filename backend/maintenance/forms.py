"""Reads what people send about maintenance: a plan, and that it was done with photos."""

import contextlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import File, Form, Header, UploadFile

from backend.core.clock import now, true_moment
from backend.core.errors import N_, Invalid
from backend.core.pictures import convert, read_upload
from backend.maintenance.commands.doing import MOST_PHOTOS, Work
from backend.maintenance.schedule import Terms

_Short = Annotated[str, Form(max_length=40)]
_Words = Annotated[str, Form(max_length=4000)]
ONCE = "once"


@dataclass
class WorkForm:
    """What was done, as sent; ``read`` looks at the photos only when asked, after it is known who asks."""

    note: _Words = ""
    done_on: _Short = ""
    record: _Short = ""
    idempotency_key: Annotated[str, Form(max_length=64)] = ""
    captured_at: _Short = ""
    device_now: _Short = ""
    photos: Annotated[Sequence[UploadFile], File()] = ()
    key_header: Annotated[str, Header(alias="Idempotency-Key", max_length=64)] = ""

    @property
    def used(self) -> list[UploadFile]:
        """Files that came along; browsers send an empty one for a field nobody used."""
        return [upload for upload in self.photos if upload.filename or upload.size]

    async def read(self) -> Work:
        """What was sent, its pictures made safe. Raises Invalid, TooLarge or TooMany beside the field."""
        if len(self.used) > MOST_PHOTOS:
            words = N_("一次最多上传 %(most)s 张照片")
            raise Invalid(words, fields={"photos": words}, most=MOST_PHOTOS)
        return Work(
            note=self.note.replace("\0", ""),
            pictures=[await convert(await read_upload(upload)) for upload in self.used],
            done_on=_day(self.done_on, "done_on") if self.done_on.strip() else None,
            record_id=database_id(self.record),
            captured_at=true_moment(_moment(self.captured_at), _moment(self.device_now), now()),
            idempotency_key=self.idempotency_key or self.key_header,
        )


@dataclass
class PlanForm:
    """A plan as typed. ``rhythm``: ``interval`` or ``once``, each with its own day."""

    equipment_id: _Short = ""
    name: _Words = ""
    name_en: _Words = ""
    kind: _Short = "service"
    rhythm: _Short = "interval"
    interval_days: _Short = ""
    since: _Short = ""
    due_on: _Short = ""
    post_id: _Short = ""
    notice_days: _Short = "7"
    asks_photo: _Short = ""
    why: _Words = ""
    version: _Short = ""

    @classmethod
    def of(cls, terms: Terms, equipment_id: int, version: int) -> "PlanForm":
        """A plan as it would be typed."""
        once = terms.interval_days is None
        day = terms.since.isoformat()
        return cls(
            equipment_id=str(equipment_id),
            name=terms.name,
            name_en=terms.name_en,
            kind=terms.kind,
            rhythm=ONCE if once else "interval",
            interval_days="" if once else str(terms.interval_days),
            since="" if once else day,
            due_on=day if once else "",
            post_id=str(terms.post_id or ""),
            notice_days=str(terms.notice_days),
            asks_photo="on" if terms.asks_photo else "",
            version=str(version),
        )

    def typed(self) -> dict[str, str]:
        """Field to what was typed."""
        return asdict(self)

    def read(self, today: date) -> Terms:
        """What is wished for; never done yet is counted from ``today``. Raises Invalid by field."""
        once = self.rhythm == ONCE
        wrong: dict[str, str] = {}
        interval = None if once else whole_number(self.interval_days)
        if not once and interval is None:
            wrong["interval_days"] = N_("间隔请填写 1 到 3660 天")
        notice = whole_number(self.notice_days or "0")
        if notice is None:
            wrong["notice_days"] = N_("提前天数请填写 0 到 90")
        since = today
        try:
            if once or self.since.strip():
                since = _day(self.due_on if once else self.since, "due_on" if once else "since")
        except Invalid as error:
            wrong.update(error.fields)
        if wrong:
            raise Invalid(fields=wrong)
        return Terms(
            name=self.name.replace("\0", ""),
            name_en=self.name_en.replace("\0", ""),
            kind=self.kind,
            since=since,
            interval_days=interval,
            post_id=database_id(self.post_id),
            notice_days=notice or 0,
            asks_photo=self.asks_photo == "on",
        )


def _day(typed: str, field: str) -> date:
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        raise Invalid(fields={field: N_("请选择日期")}) from None


def _moment(typed: str) -> datetime | None:
    with contextlib.suppress(ValueError):
        return datetime.fromisoformat(typed) if typed else None
    return None


def whole_number(typed: str) -> int | None:
    """A whole number of at most five digits; None for anything else."""
    plain = typed.strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= 5 else None


def database_id(typed: str) -> int | None:
    """A database id as typed; None for anything else."""
    return int(typed) if typed.isascii() and typed.isdigit() and 0 < int(typed) < 2**63 else None
