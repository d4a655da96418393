"""Reads what people send about rectifications: a step with words and photos, and the 五定 of a new one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Annotated

from fastapi import File, Form, Header, UploadFile

from backend.core.clock import now, true_moment
from backend.core.errors import N_, Invalid
from backend.core.pictures import convert, read_upload
from backend.hazards import plan
from backend.hazards.photos import MOST_PHOTOS
from backend.hazards.recording import Sent
from backend.hazards.splitting import Part
from backend.identity.actor import Actor

OTHER = "other"
"""Chosen instead of a suggested deadline, to type one."""


@dataclass
class StepForm:
    """A step as it was sent; ``read`` looks at the photos only when asked, after who asks is known.

    ``idempotency_key`` may also come as the header ``Idempotency-Key``. ``captured_at`` is the phone's time of it,
    ``device_now`` the phone's time when it sent.
    """

    note: Annotated[str, Form(max_length=4000)] = ""
    version: Annotated[int | None, Form()] = None
    idempotency_key: Annotated[str, Form(max_length=64)] = ""
    captured_at: Annotated[datetime | None, Form()] = None
    device_now: Annotated[datetime | None, Form()] = None
    photos: Annotated[Sequence[UploadFile], File()] = ()
    key_header: Annotated[str, Header(alias="Idempotency-Key", max_length=64)] = ""

    @property
    def has_photos(self) -> bool:
        """Whether files came along; browsers send an empty one for a field nobody used."""
        return bool(self._uploads())

    def _uploads(self) -> list[UploadFile]:
        return [upload for upload in self.photos if upload.filename or upload.size]

    async def read(self) -> Sent:
        """What was sent, its pictures made safe. Raises Invalid, TooLarge or TooMany beside ``photos``."""
        uploads = self._uploads()
        if len(uploads) > MOST_PHOTOS:
            words = N_("一次最多上传 %(most)s 张照片")
            raise Invalid(words, fields={"photos": words}, most=MOST_PHOTOS)
        return Sent(
            note=self.note,
            pictures=[await convert(await read_upload(upload)) for upload in uploads],
            version=self.version,
            idempotency_key=self.idempotency_key or self.key_header,
            captured_at=true_moment(self.captured_at, self.device_now, now()),
        )


@dataclass
class PlanForm:
    """五定 as typed. Texts stay as they are, so that a refused form shows them again."""

    title: Annotated[str, Form(max_length=4000)] = ""
    cause: Annotated[str, Form(max_length=4000)] = ""
    measure: Annotated[str, Form(max_length=4000)] = ""
    contingency: Annotated[str, Form(max_length=4000)] = ""
    owner_id: Annotated[str, Form(max_length=20)] = ""
    funds: Annotated[str, Form(max_length=40)] = ""
    deadline: Annotated[str, Form(max_length=40)] = ""
    """A moment; or ``other``, which stands in ``deadline_other`` then."""
    deadline_other: Annotated[str, Form(max_length=40)] = ""
    level: Annotated[str, Form(max_length=20)] = "general"
    alarm_id: Annotated[str, Form(max_length=20)] = ""
    recurs_id: Annotated[str, Form(max_length=20)] = ""

    def read(self, actor: Actor) -> plan.Plan:
        """The plan. Raises Invalid naming every field that can't be read."""
        wrong: dict[str, str] = {}
        try:
            funds = plan.read_funds(self.funds)
        except Invalid as refused:
            funds, wrong = None, dict(refused.fields)
        chosen = self.deadline_other if self.deadline == OTHER else self.deadline
        deadline = plan.read_deadline(chosen, actor.zone)
        if deadline is None:
            wrong["deadline"] = N_("请选择期限")
        owner_id = database_id(self.owner_id)
        if owner_id is None:
            wrong["owner_id"] = N_("请选择在岗的责任人")
        for name in ("title", "measure"):
            if not getattr(self, name).strip():
                wrong[name] = N_("请填写")
        if wrong or deadline is None or owner_id is None:
            raise Invalid(fields=wrong)
        return plan.Plan(
            title=self.title,
            measure=self.measure,
            owner_id=owner_id,
            deadline=deadline.astimezone(UTC),
            level=self.level,
            cause=self.cause,
            funds=funds,
            contingency=self.contingency,
            alarm_id=database_id(self.alarm_id),
            recurs_id=database_id(self.recurs_id),
        )


@dataclass
class SplitForm:
    """The parts of one that is split: three fields repeated, the n-th of each making the n-th part."""

    part_measure: Annotated[Sequence[str], Form(max_length=20)] = ()
    part_owner_id: Annotated[Sequence[str], Form(max_length=20)] = ()
    part_deadline: Annotated[Sequence[str], Form(max_length=20)] = ()

    def typed(self) -> list[tuple[str, str, str]]:
        """Measure, owner and deadline of each part as typed; those left empty are none."""
        rows = zip_longest(self.part_measure, self.part_owner_id, self.part_deadline, fillvalue="")
        return [row for row in rows if row[0].strip() or row[1]]

    def read(self, actor: Actor) -> list[Part]:
        """The parts; what can't be read is None in them."""
        return [
            Part(measure, database_id(owner_id), plan.read_deadline(deadline, actor.zone))
            for measure, owner_id, deadline in self.typed()
        ]


def database_id(typed: str) -> int | None:
    """A database id as typed; None for anything else."""
    return int(typed) if typed.isascii() and typed.isdigit() and int(typed) < 2**63 else None
