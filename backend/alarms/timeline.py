"""The story of an alarm as lines: events in order, repetitions once. Pure; ``queries.telling`` reads the events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from backend.core.errors import N_
from backend.core.events import Event
from backend.identity.queries.people import Named

WORDS: dict[str, str] = {
    "alarm.raised": N_("发生"),
    "alarm.raised_again": N_("再次发生"),
    "alarm.returned": N_("恢复正常"),
    "alarm.returned_by_rule": N_("规则已改，视为恢复"),
    "alarm.acknowledged": N_("已确认"),
    "alarm.shelved": N_("已搁置"),
    "alarm.unshelved": N_("搁置结束"),
    "alarm.out_of_service": N_("退出服务"),
    "alarm.back_in_service": N_("恢复服务"),
    "alarm.closed": N_("已关闭"),
    "alarm.noted": N_("备注"),
    "alarm.judged_false": N_("判为误报"),
    "alarm.judged_true": N_("判为属实"),
    "alarm.escalated": N_("通知"),
    "alarm.repeated": N_("仍未确认，再次通知"),
    "alarm.nobody_reached": N_("无人可通知"),
}
"""What happened to the alarm itself. Events of other things carry their own titles."""
REPEATING = frozenset({"alarm.repeated", "alarm.nobody_reached", "trace.refined"})
"""Told once with how often, until something else happens: the clock does these again and again."""


@dataclass(frozen=True)
class Happening:
    """One line. ``words`` is a msgid; where it is empty, ``title`` says what happened."""

    id: int
    kind: str
    at: datetime
    words: str = ""
    title: str = ""
    title_en: str = ""
    url: str = ""
    person: Named | None = None
    note: str = ""
    told: tuple[Named, ...] = ()
    until: datetime | None = None
    value: float | None = None
    photos: tuple[int, ...] = ()
    times: int = 1
    last_at: datetime | None = None
    """When a repetition was last."""


def people_in(events: Iterable[Event]) -> set[int]:
    """Ids of everybody the lines name."""
    ids: set[int] = set()
    for event in events:
        ids |= {event.actor_id} if event.actor_id else set()
        ids |= set(_told(event))
    return ids


def tell(events: Iterable[Event], people: Mapping[int, Named]) -> list[Happening]:
    """Lines of ``events``, which are in order."""
    lines: list[Happening] = []
    repeated: dict[str, int] = {}
    for event in events:
        line = _line(event, people)
        if event.kind not in REPEATING:
            repeated.clear()
        elif event.kind in repeated:
            place = repeated[event.kind]
            lines[place] = _again(lines[place], line)
            continue
        else:
            repeated[event.kind] = len(lines)
        lines.append(line)
    return lines


def _again(first: Happening, again: Happening) -> Happening:
    told = tuple(dict.fromkeys((*first.told, *again.told)))
    return replace(first, times=first.times + 1, last_at=again.at, told=told)


def _line(event: Event, people: Mapping[int, Named]) -> Happening:
    data = event.data
    own = event.subject == "alarm"
    until = data.get("until")
    return Happening(
        id=event.id,
        kind=event.kind,
        at=event.at,
        words=WORDS.get(_kind(event), "") if own else "",
        title=data.get("title_zh", ""),
        title_en=data.get("title_en", ""),
        url="" if own else data.get("url", ""),
        person=people.get(event.actor_id) if event.actor_id else None,
        note=" ".join(part for part in (data.get("note", ""), data.get("remark", "")) if part),
        told=tuple(people[id_] for id_ in _told(event) if id_ in people),
        until=datetime.fromisoformat(until) if until else None,
        value=data.get("value") if event.kind == "alarm.raised" else None,
        photos=tuple(data.get("photos", ())),
    )


def _kind(event: Event) -> str:
    if event.kind == "alarm.raised" and event.data.get("again"):
        return "alarm.raised_again"
    if event.kind == "alarm.returned" and event.data.get("cause") == "rule_changed":
        return "alarm.returned_by_rule"
    return event.kind


def _told(event: Event) -> list[Any]:
    told: list[Any] = event.data.get("told", [])
    return told
