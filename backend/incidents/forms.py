"""Reads what people send about incidents: a tap, a line of the log, a step, what it cost, the site's rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import File, Form, Header, UploadFile

from backend.core.clock import now, true_moment
from backend.core.errors import N_, Invalid
from backend.core.pictures import convert, read_upload
from backend.hazards.accidents import read_accident
from backend.hazards.forms import database_id
from backend.hazards.photos import MOST_PHOTOS
from backend.hazards.plan import read_funds
from backend.hazards.reports.voice import read_voice
from backend.incidents.commands import Ending, Tap
from backend.incidents.policy import Policy, read_policy
from backend.incidents.recording import Said

APART = "apart"
"""Chosen instead of an open incident: it is another."""
Short = Annotated[str, Form(max_length=20)]
Coded = Annotated[str, Form(max_length=40)]


@dataclass
class SaidForm:
    """Words, pictures and voice as they were sent; ``read`` looks at the files only after it is known who asks.

    ``captured_at`` is the phone's time of it, ``device_now`` the phone's time when it sent.
    """

    words: Annotated[str, Form(max_length=4000)] = ""
    version: Annotated[int | None, Form()] = None
    idempotency_key: Annotated[str, Form(max_length=64)] = ""
    captured_at: Annotated[datetime | None, Form()] = None
    device_now: Annotated[datetime | None, Form()] = None
    photos: Annotated[Sequence[UploadFile], File()] = ()
    voice: Annotated[Sequence[UploadFile], File()] = ()
    key_header: Annotated[str, Header(alias="Idempotency-Key", max_length=64)] = ""

    @property
    def has_files(self) -> bool:
        """Whether files came along; browsers send an empty one for a field nobody used."""
        return bool(_used(self.photos) or _used(self.voice))

    async def read(self) -> Said:
        """What was sent, its files made safe. Raises Invalid, TooLarge or TooMany beside the field."""
        photos, spoken = _used(self.photos), _used(self.voice)
        if len(photos) > MOST_PHOTOS:
            words = N_("一次最多上传 %(most)s 张照片")
            raise Invalid(words, fields={"photos": words}, most=MOST_PHOTOS)
        return Said(
            words=self.words,
            pictures=[await convert(await read_upload(upload)) for upload in photos],
            voice=await read_voice(spoken[0]) if spoken else None,
            captured_at=true_moment(self.captured_at, self.device_now, now()),
            idempotency_key=self.idempotency_key or self.key_header,
            version=self.version,
        )


@dataclass
class TapForm:
    """Kind and place as tapped: ``place`` is ``equipment:7`` or ``area:3``, and so is ``exact``, which goes before it.
    ``joins``: the id of an open incident, or ``apart``. ``alarm_id``: from whose page it was reported."""

    kind: Annotated[str, Form(max_length=40)] = ""
    place: Annotated[str, Form(max_length=40)] = ""
    exact: Annotated[str, Form(max_length=40)] = ""
    joins: Short = ""
    alarm_id: Short = ""

    @property
    def equipment_id(self) -> int | None:
        """The equipment it names."""
        return _id_of("equipment", self.exact or self.place)

    @property
    def area_id(self) -> int | None:
        """The area it names."""
        return _id_of("area", self.exact or self.place)

    def tap(self, said: Said) -> Tap:
        """As the command takes it."""
        return Tap(
            kind=self.kind,
            equipment_id=self.equipment_id,
            area_id=self.area_id,
            joins=database_id(self.joins),
            apart=self.joins == APART,
            alarm_id=database_id(self.alarm_id),
            said=said,
        )


@dataclass
class EndingForm:
    """What it cost, as typed; empty: not known. ``accident``: a type, ``none`` for not told, empty leaves it."""

    losses: Annotated[str, Form(max_length=4000)] = ""
    loss_yuan: Annotated[str, Form(max_length=40)] = ""
    injured: Short = ""
    deaths: Short = ""
    evacuation_over: Short = ""
    accident: Coded = ""

    def read(self) -> Ending:
        """Raises Invalid naming every field that can't be read."""
        wrong: dict[str, str] = {}
        people = {name: _count(getattr(self, name)) for name in ("injured", "deaths")}
        for name, count in people.items():
            if count is None and getattr(self, name).strip():
                wrong[name] = N_("请填写 0 到 10000 的整数")
        yuan: Decimal | None = None
        try:
            yuan = read_funds(self.loss_yuan)
        except Invalid as refused:
            wrong["loss_yuan"] = next(iter(refused.fields.values()))
        accident = None
        try:
            accident = read_accident(self.accident)
        except Invalid as refused:
            wrong |= refused.fields
        if wrong:
            raise Invalid(fields=wrong)
        return Ending(self.losses, yuan, people["injured"], people["deaths"], bool(self.evacuation_over), accident)


@dataclass
class PolicyForm:
    """The site's rules as typed."""

    alarm_level: Short = ""
    flood_alarms: Short = ""
    flood_minutes: Short = ""
    major_hazards: Short = ""
    join_minutes: Short = ""

    @classmethod
    def of(cls, policy: Policy) -> "PolicyForm":
        """The form as it shows the rules in force."""
        numbers = (str(policy.flood_alarms), str(policy.flood_minutes))
        return cls(policy.alarm_level or "", *numbers, "on" if policy.major_hazards else "", str(policy.join_minutes))

    def read(self) -> Policy:
        """Raises Invalid beside each field that can't be read."""
        return read_policy(
            alarm_level=self.alarm_level,
            flood_alarms=self.flood_alarms,
            flood_minutes=self.flood_minutes,
            major_hazards=bool(self.major_hazards),
            join_minutes=self.join_minutes,
        )


def _used(uploads: Sequence[UploadFile]) -> list[UploadFile]:
    return [upload for upload in uploads if upload.filename or upload.size]


def _count(typed: str) -> int | None:
    plain = typed.strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= 5 else None


def _id_of(kind: str, place: str) -> int | None:
    named, _, number = place.partition(":")
    return database_id(number) if named == kind else None
