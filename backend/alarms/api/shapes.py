"""What programs send and get about alarms."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from backend.alarms.models import Alarm
from backend.alarms.queries.listing import Line
from backend.alarms.queries.story import AlarmView
from backend.alarms.timeline import Happening
from backend.delivery.queries import Receipt


class NameOut(BaseModel):
    """Something with its names."""

    id: int
    name: str
    name_en: str


class AlarmOut(BaseModel):
    """An alarm; ``active``: its condition holds now. ``judgement`` is ``true``, ``false`` or empty."""

    id: int
    group_id: int | None
    rule_id: int | None
    kind: str
    limit_name: str
    level: str
    warning: bool
    latched: bool
    title: str
    title_en: str
    value: float | None
    limit_value: float | None
    state: str
    active: bool
    raised_at: datetime
    last_raised_at: datetime
    times_raised: int
    returned_at: datetime | None
    acknowledged_at: datetime | None
    shelved_until: datetime | None
    shelved_reason: str
    closed_at: datetime | None
    judgement: str
    judgement_note: str


class ListedAlarmOut(AlarmOut):
    """An alarm with where it is."""

    point: NameOut | None
    equipment: NameOut | None
    area: NameOut | None


class FloodOut(BaseModel):
    """Alarms of one flood, the worst first; ``size`` counts also those that aren't listed here."""

    size: int
    alarms: list[ListedAlarmOut]


class AlarmsOut(BaseModel):
    """Some floods; ``following`` goes into ``after`` for those after them."""

    items: list[FloodOut]
    following: str


class AlarmDetailOut(ListedAlarmOut):
    """One alarm with who handled it. ``can``: what the caller may do now; ``mates``: others of its flood."""

    unit: str
    advice: str
    advice_en: str
    acknowledged_by: NameOut | None
    closed_by: NameOut | None
    judged_by: NameOut | None
    next_due: datetime | None
    mates: list[ListedAlarmOut]
    can: list[str]


class HappeningOut(BaseModel):
    """One line of the timeline; ``times`` when the clock did it again and again until ``last_at``."""

    kind: str
    at: datetime
    title: str
    title_en: str
    url: str
    person: NameOut | None
    note: str
    told: list[NameOut]
    until: datetime | None
    value: float | None
    photos: list[int]
    times: int
    last_at: datetime | None


class ReceiptOut(BaseModel):
    """What one person's phone has: ``received_at`` when it first got it, ``seen_at`` when it was opened."""

    person: NameOut
    role: str
    addressed: bool
    received_at: datetime | None
    seen_at: datetime | None


class TimelineOut(BaseModel):
    """The alarm's story; ``cut``: the oldest lines of a very long one are left out."""

    items: list[HappeningOut]
    receipts: list[ReceiptOut]
    cut: bool


class NoteIn(BaseModel):
    """Words that go with a deed."""

    note: str = Field("", max_length=2000)


class ShelveIn(NoteIn):
    """Why and for how long."""

    reason: str = Field("", max_length=200)
    minutes: float = 0.0


class JudgeIn(NoteIn):
    """Whether it was real; a false one needs a note."""

    genuine: bool | None = None


def name_out(thing: Any) -> NameOut | None:
    """The names of a thing that has them, if there is one."""
    return NameOut(id=thing.id, name=thing.name, name_en=thing.name_en) if thing else None


def alarm_out(alarm: Alarm) -> AlarmOut:
    """A bare alarm."""
    return AlarmOut(**alarm.model_dump(include=set(AlarmOut.model_fields)))


def listed_out(line: Line) -> ListedAlarmOut:
    """An alarm of a list."""
    places = {"point": line.point, "equipment": line.equipment, "area": line.area}
    return ListedAlarmOut(
        **alarm_out(line.alarm).model_dump(), **{name: name_out(place) for name, place in places.items()}
    )


def detail_out(view: AlarmView, can: list[str]) -> AlarmDetailOut:
    """One alarm in full."""
    alarm = view.alarm
    return AlarmDetailOut(
        **alarm_out(alarm).model_dump(),
        point=name_out(view.point),
        equipment=name_out(view.equipment),
        area=name_out(view.area),
        unit=view.point.unit if view.point else "",
        advice=view.rule.advice if view.rule else "",
        advice_en=view.rule.advice_en if view.rule else "",
        acknowledged_by=name_out(view.person(alarm.acknowledged_by)),
        closed_by=name_out(view.person(alarm.closed_by)),
        judged_by=name_out(view.person(alarm.judged_by)),
        next_due=view.next_due,
        mates=[listed_out(line) for line in view.mates.lines],
        can=can,
    )


def happening_out(line: Happening) -> HappeningOut:
    """One line of the timeline."""
    return HappeningOut(
        kind=line.kind,
        at=line.at,
        title=line.title,
        title_en=line.title_en,
        url=line.url,
        person=name_out(line.person),
        note=line.note,
        told=[NameOut(id=one.id, name=one.name, name_en=one.name_en) for one in line.told],
        until=line.until,
        value=line.value,
        photos=list(line.photos),
        times=line.times,
        last_at=line.last_at,
    )


def receipt_out(receipt: Receipt) -> ReceiptOut:
    """What one person's phone has."""
    return ReceiptOut(
        person=NameOut(id=receipt.person_id, name=receipt.name, name_en=receipt.name_en),
        role=receipt.role,
        addressed=receipt.addressed,
        received_at=receipt.received_at,
        seen_at=receipt.seen_at,
    )
