"""From an alarm to a verified rectification, with everybody who may and may not, on a real database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from backend.core import files
from backend.core.clock import now
from backend.core.database import Database
from backend.core.errors import Conflict, Forbidden, Invalid, NotFound
from backend.core.events import Event
from backend.core.pictures import Picture
from backend.core.settings import Settings
from backend.hazards import commands, queries
from backend.hazards.models import Rectification, RectificationEntry, RectificationState
from backend.hazards.recording import Sent
from backend.hazards.reminders import remind_overdue
from backend.identity.actor import Actor
from backend.identity.models import AuditEntry
from tests.hazards.cast import Cast, a_plan, make_cast, opened

PICTURE = Picture(b"webp", b"small", 640, 480)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "settings", lambda: Settings(data_dir=tmp_path))


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Database]:
    one = Database(database_url)
    yield one
    await one.close()


@pytest.fixture
async def cast(database: Database) -> Cast:
    async with database.session() as session:
        return await make_cast(session)


@pytest.fixture
async def major(database: Database) -> Cast:
    async with database.session() as session:
        return await make_cast(session, level="major")


Command = Callable[..., Awaitable[Rectification]]


async def do(database: Database, actor: Actor, command: Command, *arguments: Any) -> Rectification:
    async with database.session(site_id=actor.site_id) as session:
        return await command(session, actor, *arguments)


async def handed_in(database: Database, cast: Cast) -> Rectification:
    """A rectification that wang has started and submitted."""
    one = await opened(database, cast)
    await do(database, cast.wang, commands.start, one.id, Sent())
    return await do(database, cast.wang, commands.submit, one.id, Sent(note="已更换密封"))


async def events_of(database: Database, story: str) -> list[Event]:
    async with database.session() as session:
        return list(await session.scalars(select(Event).where(col(Event.story) == story).order_by(col(Event.id))))


async def test_the_whole_way_stands_in_the_alarms_story_with_names_words_and_photos(
    database: Database, cast: Cast
) -> None:
    one = await opened(database, cast, funds=Decimal("1200.50"))
    await do(database, cast.wang, commands.start, one.id, Sent(pictures=[PICTURE]))
    await do(database, cast.wang, commands.report_progress, one.id, Sent(note="密封已到货"))
    await do(database, cast.wang, commands.submit, one.id, Sent(note="已更换", pictures=[PICTURE, PICTURE]))
    await do(database, cast.leader, commands.return_for_rework, one.id, Sent(note="还在滴水"))
    await do(database, cast.wang, commands.submit, one.id, Sent(note="再次紧固"))
    done = await do(database, cast.leader, commands.verify, one.id, Sent())
    assert done.state == RectificationState.VERIFIED
    assert (done.submitted_by, done.verified_by) == (cast.wang.person_id, cast.leader.person_id)

    told = await events_of(database, f"alarm:{cast.alarm_id}")
    assert [event.kind.removeprefix("rectification.") for event in told] == [
        "opened",
        "started",
        "progress",
        "submitted",
        "returned",
        "submitted",
        "verified",
    ]
    assert [event.actor_id for event in told][:2] == [cast.leader.person_id, cast.wang.person_id]
    submitted = told[3].data
    assert submitted["note"] == "已更换" and len(submitted["photos"]) == 2
    assert submitted["url"] == f"/rectifications/{one.id}"
    assert one.number in submitted["title_zh"] and one.number in submitted["title_en"]
    assert submitted["team_id"] == cast.wang.team_id


async def test_those_are_told_who_have_to_act_next(database: Database, cast: Cast) -> None:
    one = await handed_in(database, cast)
    await do(database, cast.leader, commands.return_for_rework, one.id, Sent(note="还在滴水"))
    told = {
        event.kind.split(".")[1]: event.data["told"] for event in await events_of(database, f"alarm:{cast.alarm_id}")
    }
    assert told["opened"] == [cast.wang.person_id]
    assert told["submitted"] == [cast.leader.person_id]
    assert told["returned"] == [cast.wang.person_id]


async def test_a_submitted_major_one_is_told_to_those_who_can_verify_it(database: Database, major: Cast) -> None:
    await handed_in(database, major)
    told = (await events_of(database, f"alarm:{major.alarm_id}"))[-1].data["told"]
    assert told == sorted([major.manager.person_id, major.officer.person_id])


async def test_a_rectification_takes_level_and_equipment_from_its_alarm(database: Database, major: Cast) -> None:
    one = await opened(database, major, level="low")
    assert (one.level, one.equipment_id) == ("major", major.reactor_id)


async def test_a_worker_cannot_open_one(database: Database, cast: Cast) -> None:
    with pytest.raises(Forbidden):
        await do(database, cast.wang, commands.open_rectification, a_plan(cast))


async def test_nobody_opens_one_from_an_alarm_of_another_site_or_for_its_people(
    database: Database, cast: Cast, major: Cast
) -> None:
    with pytest.raises(NotFound):
        await do(database, cast.leader, commands.open_rectification, a_plan(cast, alarm_id=major.alarm_id))
    with pytest.raises(Invalid) as refused:
        await do(database, cast.leader, commands.open_rectification, a_plan(cast, owner_id=major.wang.person_id))
    assert set(refused.value.fields) == {"owner_id"}


async def test_neither_owner_nor_submitter_verifies(database: Database, cast: Cast) -> None:
    one = await handed_in(database, cast)
    with pytest.raises(Forbidden):
        await do(database, cast.wang, commands.verify, one.id, Sent())
    await do(database, cast.leader, commands.return_for_rework, one.id, Sent(note="不合格"))
    await do(database, cast.leader, commands.submit, one.id, Sent(note="班长代为提交"))
    with pytest.raises(Forbidden):
        await do(database, cast.leader, commands.verify, one.id, Sent())
    assert (await do(database, cast.officer, commands.verify, one.id, Sent())).verified_by == cast.officer.person_id


async def test_a_leader_cannot_verify_a_major_one_but_the_safety_officer_can(database: Database, major: Cast) -> None:
    one = await handed_in(database, major)
    with pytest.raises(Forbidden):
        await do(database, major.leader, commands.verify, one.id, Sent())
    assert (await do(database, major.officer, commands.verify, one.id, Sent())).state == "verified"


@pytest.mark.parametrize("command", [commands.start, commands.submit, commands.verify, commands.cancel])
async def test_another_team_and_another_site_do_not_even_learn_that_it_exists(
    database: Database, cast: Cast, major: Cast, command: Command
) -> None:
    one = await opened(database, cast)
    for outsider in (cast.stranger, major.leader, major.officer):
        with pytest.raises(NotFound):
            await do(database, outsider, command, one.id, Sent(note="试试"))
        async with database.session(site_id=outsider.site_id) as session:
            with pytest.raises(NotFound):
                await queries.story(session, outsider, one.id)
            assert (await queries.rectifications(session, outsider)).cards == []


async def test_a_worker_sees_what_a_team_mate_owns_but_cannot_submit_it(database: Database, cast: Cast) -> None:
    one = await opened(database, cast)
    async with database.session(site_id=cast.site.id) as session:
        assert (await queries.story(session, cast.mate, one.id)).can == frozenset()
    with pytest.raises(Forbidden):
        await do(database, cast.mate, commands.start, one.id, Sent())


async def test_submitting_needs_words_or_a_photo_and_returning_needs_a_reason(database: Database, cast: Cast) -> None:
    one = await opened(database, cast)
    await do(database, cast.wang, commands.start, one.id, Sent())
    with pytest.raises(Invalid) as refused:
        await do(database, cast.wang, commands.submit, one.id, Sent(note=" \0 "))
    assert set(refused.value.fields) == {"note"}
    await do(database, cast.wang, commands.submit, one.id, Sent(pictures=[PICTURE]))
    with pytest.raises(Invalid):
        await do(database, cast.leader, commands.return_for_rework, one.id, Sent(note="  "))


async def test_a_form_sent_twice_opens_one_and_both_are_answered_with_it(database: Database, cast: Cast) -> None:
    plan, sent = a_plan(cast), Sent(idempotency_key="form-1")
    both = await asyncio.gather(*(do(database, cast.leader, commands.open_rectification, plan, sent) for _ in range(2)))
    later = await do(database, cast.leader, commands.open_rectification, plan, sent)
    assert len({one.id for one in (*both, later)}) == 1
    assert len(await events_of(database, f"alarm:{cast.alarm_id}")) == 1
    with pytest.raises(Conflict):
        await do(database, cast.leader, commands.open_rectification, a_plan(cast, title="另一件事"), sent)


async def test_a_submission_sent_twice_leaves_one_step(database: Database, cast: Cast) -> None:
    one = await opened(database, cast)
    await do(database, cast.wang, commands.start, one.id, Sent())
    sent = Sent(note="好了", pictures=[PICTURE], idempotency_key="phone-7")
    both = await asyncio.gather(*(do(database, cast.wang, commands.submit, one.id, sent) for _ in range(2)))
    assert {each.state for each in both} == {"submitted"}
    async with database.session(site_id=cast.site.id) as session:
        story = await queries.story(session, cast.wang, one.id)
    assert [told.entry.kind for told in story.entries] == ["opened", "started", "submitted"]
    assert len(story.after) == 1


async def test_who_saw_an_older_version_is_told_so(database: Database, cast: Cast) -> None:
    one = await opened(database, cast)
    await do(database, cast.leader, commands.start, one.id, Sent(version=1))
    with pytest.raises(Conflict) as refused:
        await do(database, cast.wang, commands.report_progress, one.id, Sent(note="…", version=1))
    assert refused.value.message.startswith("刚才有人更新了")


async def test_of_two_who_verify_at_once_one_is_first_and_the_other_told(database: Database, cast: Cast) -> None:
    one = await handed_in(database, cast)
    results = await asyncio.gather(
        do(database, cast.leader, commands.verify, one.id, Sent()),
        do(database, cast.officer, commands.return_for_rework, one.id, Sent(note="不行")),
        return_exceptions=True,
    )
    assert sorted(isinstance(result, Conflict) for result in results) == [False, True]


async def test_numbers_are_unique_and_without_gaps_when_many_open_at_once(database: Database, cast: Cast) -> None:
    many = await asyncio.gather(*(opened(database, cast) for _ in range(12)))
    day = now().astimezone(cast.leader.zone).strftime("%Y%m%d")
    assert sorted(one.number for one in many) == [f"ZG-{day}-{count:03d}" for count in range(1, 13)]


async def test_a_number_counts_the_day_of_the_plant_not_of_the_server(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    late_evening = datetime(2026, 11, 24, 17, 30, tzinfo=UTC)
    monkeypatch.setattr("backend.hazards.numbering.now", lambda: late_evening)
    numbers = []
    for zone in ("Asia/Shanghai", "Europe/London"):
        async with database.session() as session:
            cast = await make_cast(session, zone=zone)
        numbers.append((await opened(database, cast)).number)
    assert numbers == ["ZG-20261125-001", "ZG-20261124-001"]


async def test_another_owner_starts_anew_and_both_are_told(database: Database, cast: Cast) -> None:
    one = await opened(database, cast)
    await do(database, cast.wang, commands.start, one.id, Sent())
    moved = await do(database, cast.leader, commands.reassign, one.id, cast.mate.person_id, Sent(note="王休假"))
    assert (moved.owner_id, moved.state) == (cast.mate.person_id, "open")
    told = (await events_of(database, f"alarm:{cast.alarm_id}"))[-1].data["told"]
    assert told == sorted([cast.wang.person_id, cast.mate.person_id])
    assert (await do(database, cast.mate, commands.start, one.id, Sent())).state == "in_progress"


async def test_the_story_names_each_new_owner_and_a_repeat_for_another_is_refused(
    database: Database, cast: Cast
) -> None:
    one = await opened(database, cast)
    sent = Sent(idempotency_key="hand-over-1")
    for _ in range(2):
        await do(database, cast.leader, commands.reassign, one.id, cast.mate.person_id, sent)
    with pytest.raises(Conflict):
        await do(database, cast.leader, commands.reassign, one.id, cast.stranger.person_id, sent)
    await do(database, cast.leader, commands.reassign, one.id, cast.wang.person_id, Sent())
    async with database.session(site_id=cast.site.id) as session:
        story = await queries.story(session, cast.leader, one.id)
    assert [(told.entry.kind, told.to.id if told.to else None) for told in story.entries] == [
        ("opened", None),
        ("reassigned", cast.mate.person_id),
        ("reassigned", cast.wang.person_id),
    ]


async def test_cancelling_needs_a_reason_and_ends_it(database: Database, cast: Cast) -> None:
    one = await opened(database, cast)
    with pytest.raises(Invalid):
        await do(database, cast.leader, commands.cancel, one.id, Sent())
    assert (await do(database, cast.leader, commands.cancel, one.id, Sent(note="误开"))).state == "cancelled"
    with pytest.raises(Conflict):
        await do(database, cast.wang, commands.start, one.id, Sent())


async def test_every_step_leaves_an_audit_entry_with_what_changed(database: Database, cast: Cast) -> None:
    one = await handed_in(database, cast)
    async with database.session() as session:
        entries = list(
            await session.scalars(
                select(AuditEntry).where(col(AuditEntry.object_id) == one.id).order_by(col(AuditEntry.id))
            )
        )
    assert [entry.action for entry in entries] == ["rectification.open", "rectification.start", "rectification.submit"]
    assert entries[1].change["state"] == ["open", "in_progress"]
    assert entries[0].change["owner_id"] == [None, cast.wang.person_id]


async def test_a_phones_own_time_is_kept_unless_its_clock_runs_ahead(database: Database, cast: Cast) -> None:
    one = await opened(database, cast)
    earlier = now() - timedelta(hours=2)
    await do(database, cast.wang, commands.start, one.id, Sent(captured_at=earlier))
    ahead = now() + timedelta(hours=4)
    await do(database, cast.wang, commands.report_progress, one.id, Sent(note="x", captured_at=ahead))
    async with database.session() as session:
        kept = await session.scalars(
            select(col(RectificationEntry.captured_at))
            .where(col(RectificationEntry.rectification_id) == one.id)
            .order_by(col(RectificationEntry.id))
        )
        assert list(kept) == [None, earlier, None]


async def overdue(database: Database, cast: Cast) -> Rectification:
    one = await opened(database, cast)
    async with database.session() as session:
        late = await session.get_one(Rectification, one.id)
        late.deadline = now() - timedelta(hours=3)
        session.add(late)
    return one


async def reminded(database: Database, cast: Cast) -> list[Event]:
    async with database.session() as session:
        await remind_overdue(session)
    return [e for e in await events_of(database, f"alarm:{cast.alarm_id}") if e.kind == "rectification.overdue"]


async def test_one_that_stays_overdue_reaches_the_managers_once_a_day(
    database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    await overdue(database, cast)
    team = sorted([cast.wang.person_id, cast.leader.person_id])
    assert [event.data["told"] for event in await reminded(database, cast)] == [team]
    days_later = now() + timedelta(days=3)
    monkeypatch.setattr("backend.hazards.reminders.now", lambda: days_later)
    for _ in range(2):
        told = [event.data["told"] for event in await reminded(database, cast)]
        assert told == [team, sorted([*team, cast.manager.person_id])]


async def test_an_overdue_one_is_told_to_owner_and_leader_once_a_day(
    database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    await overdue(database, cast)
    first = await reminded(database, cast)
    assert first[0].data["told"] == sorted([cast.wang.person_id, cast.leader.person_id])
    assert len(await reminded(database, cast)) == 1, "not twice on a day"
    tomorrow = now() + timedelta(days=1)
    monkeypatch.setattr("backend.hazards.reminders.now", lambda: tomorrow)
    assert len(await reminded(database, cast)) == 2


async def test_what_waits_for_verification_is_not_overdue(database: Database, cast: Cast) -> None:
    one = await overdue(database, cast)
    await do(database, cast.wang, commands.start, one.id, Sent())
    await do(database, cast.wang, commands.submit, one.id, Sent(note="好了"))
    assert await reminded(database, cast) == []
