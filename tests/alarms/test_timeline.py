"""The timeline's lines, the words of a rule's versions, what may be chosen: pure."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.alarms.labels import shelving_minutes
from backend.alarms.lifecycle import LONGEST_SHELVING, Facts, refusals
from backend.alarms.models import AlarmState, Level
from backend.alarms.timeline import people_in, tell
from backend.alarms.versions import rule_changes, version_of
from backend.core.events import Event
from backend.identity.queries.people import Named

AT = datetime(2026, 11, 26, 8, tzinfo=UTC)
LI, WANG = Named(1, "李", "Li"), Named(2, "王", "Wang")
PEOPLE = {1: LI, 2: WANG}


def happened(minute: int, kind: str, actor_id: int | None = None, **data: Any) -> Event:
    subject = kind.partition(".")[0]
    return Event(
        id=minute,
        at=AT + timedelta(minutes=minute),
        kind=kind,
        subject=subject,
        subject_id=1,
        actor_id=actor_id,
        data=data,
    )


def test_what_the_clock_repeats_is_told_once_with_how_often_and_until_when() -> None:
    lines = tell(
        [
            happened(0, "alarm.raised"),
            happened(1, "alarm.repeated", told=[1]),
            happened(2, "trace.refined"),
            happened(3, "alarm.repeated", told=[1, 2]),
            happened(4, "alarm.repeated", told=[2]),
            happened(5, "alarm.acknowledged", 2),
            happened(6, "trace.refined"),
        ],
        PEOPLE,
    )
    told = [(line.kind, line.times) for line in lines]
    assert told == [
        ("alarm.raised", 1),
        ("alarm.repeated", 3),
        ("trace.refined", 1),
        ("alarm.acknowledged", 1),
        ("trace.refined", 1),
    ]
    assert lines[1].told == (LI, WANG)
    assert lines[1].last_at == AT + timedelta(minutes=4)
    assert lines[3].person == WANG


def test_deeds_of_people_are_each_told() -> None:
    lines = tell([happened(n, "alarm.shelved", 1, note="检修", until=AT.isoformat()) for n in range(2)], PEOPLE)
    assert [(line.person, line.note, line.until) for line in lines] == [(LI, "检修", AT)] * 2


def test_own_events_have_words_and_others_their_titles_and_pages() -> None:
    data = {"title_zh": "整改验收通过 ZG-1", "title_en": "Verified ZG-1", "url": "/rectifications/1", "photos": [4]}
    again, other, unknown = tell(
        [
            happened(0, "alarm.raised", again=True),
            happened(1, "rectification.verified", 1, **data),
            happened(2, "alarm.new_kind", title_zh="x"),
        ],
        PEOPLE,
    )
    assert (again.words, again.url) == ("再次发生", "")
    assert (other.words, other.title, other.title_en, other.url, other.photos) == (
        "",
        "整改验收通过 ZG-1",
        "Verified ZG-1",
        "/rectifications/1",
        (4,),
    )
    assert (unknown.words, unknown.title) == ("", "x"), "an event of tomorrow still shows its title"


def test_somebody_who_is_gone_is_left_out() -> None:
    events = [happened(0, "alarm.escalated", 9, told=[1, 9])]
    assert people_in(events) == {1, 9}
    (line,) = tell(events, PEOPLE)
    assert (line.person, line.told) == (None, (LI,))


def test_a_change_of_limits_is_told_limit_by_limit() -> None:
    before = {"limits": {"H": {"value": 100.0, "level": ""}, "L": {"value": 1.0, "level": ""}}}
    after = {"limits": {"H": {"value": 105.5, "level": "major"}, "HH": {"value": 120.0, "level": ""}}}
    changes = rule_changes({"parameters": [before, after], "latched": [False, True], "version": [3, 4]})
    told = [(c.field.msgid, c.before.msgid or c.before.plain, c.after.msgid or c.after.plain) for c in changes]
    assert told == [
        ("高限", "100", "105.5"),
        ("高限级别", "", "重大"),
        ("低限", "1", ""),
        ("高高限", "", "120"),
        ("需人工关闭", "否", "是"),
    ]
    assert version_of({"version": [3, 4]}) == 4
    assert version_of({"name": [None, "x"]}) == 1


@pytest.mark.parametrize("level", Level)
def test_nothing_longer_than_the_level_allows_is_offered(level: Level) -> None:
    offered = shelving_minutes(level)
    assert offered == tuple(sorted(offered)) and offered
    assert timedelta(minutes=offered[-1]) == LONGEST_SHELVING[level]


@pytest.mark.parametrize(
    ("state", "level", "active", "possible"),
    [
        (AlarmState.UNACKNOWLEDGED, Level.GENERAL, True, {"acknowledge", "shelve"}),
        (AlarmState.RETURNED, Level.GENERAL, False, {"acknowledge", "shelve"}),
        (AlarmState.SHELVED, Level.GENERAL, True, {"unshelve", "shelve"}),
        (AlarmState.OUT_OF_SERVICE, Level.GENERAL, True, set()),
        (AlarmState.CLOSED, Level.MAJOR, False, set()),
    ],
)
def test_what_is_offered_is_what_the_lifecycle_takes(
    state: AlarmState, level: Level, active: bool, possible: set[str]
) -> None:
    facts = Facts(state, level, latched=False, active=active, raised_at=AT, last_raised_at=AT)
    refused = refusals(facts, 1, AT + timedelta(minutes=5))
    assert {"acknowledge", "shelve", "unshelve", "close"} - refused.keys() == possible


def test_who_acknowledged_a_major_alarm_is_told_why_they_cannot_close_it() -> None:
    facts = Facts(
        AlarmState.ACKNOWLEDGED,
        Level.MAJOR,
        latched=True,
        active=False,
        raised_at=AT,
        last_raised_at=AT,
        acknowledged_at=AT,
        acknowledged_by=1,
    )
    assert refusals(facts, 1, AT)["close"] == "重大报警须由确认人以外的另一人关闭"
    assert "close" not in refusals(facts, 2, AT)
