"""Splitting, extending, pressing, coming back and climbing to managers, with everybody who may and may not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.core.errors import Conflict, Forbidden, Invalid, NotFound
from backend.core.events import Event
from backend.hazards import commands, extending, queries, splitting
from backend.hazards.models import Rectification
from backend.hazards.policy import Policy
from backend.hazards.queries import Story, Tab
from backend.hazards.queries.recurrence import policy_of
from backend.hazards.recording import Sent
from backend.hazards.reminders import remind_overdue
from backend.hazards.setting import set_policy
from backend.hazards.splitting import Part
from backend.home.tasks import TaskKind
from backend.home.waiting import waiting_for
from backend.identity.actor import Actor
from backend.identity.models import AuditEntry
from tests.hazards.cast import Cast, a_plan, make_cast, opened


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Database]:
    one = Database(database_url)
    yield one
    await one.close()


@pytest.fixture
async def cast(database: Database) -> Cast:
    async with database.session() as session:
        return await make_cast(session)


Command = Callable[..., Awaitable[Rectification]]


async def do(database: Database, actor: Actor, command: Command, *arguments: Any) -> Rectification:
    async with database.session(site_id=actor.site_id) as session:
        return await command(session, actor, *arguments)


async def read(database: Database, actor: Actor, rectification_id: int) -> Story:
    async with database.session(site_id=actor.site_id) as session:
        return await queries.story(session, actor, rectification_id)


async def change(database: Database, rectification_id: int, **values: object) -> None:
    async with database.session() as session:
        one = await session.get_one(Rectification, rectification_id)
        for name, value in values.items():
            setattr(one, name, value)


async def told_of(database: Database, cast: Cast, kind: str) -> list[list[int]]:
    async with database.session() as session:
        found = await session.scalars(
            select(Event)
            .where(col(Event.story) == f"alarm:{cast.alarm_id}", col(Event.kind) == kind)
            .order_by(col(Event.id))
        )
        return [event.data["told"] for event in found]


def two_parts(cast: Cast) -> list[Part]:
    due = now() + timedelta(days=1)
    return [Part("换阀门\n先泄压", cast.wang.person_id, due), Part("补保温", cast.stranger.person_id, due)]


async def split(database: Database, cast: Cast, **changes: Any) -> tuple[Rectification, list[Rectification]]:
    whole = await opened(database, cast, **changes)
    await do(database, cast.leader, splitting.split, whole.id, two_parts(cast), Sent())
    async with database.session() as session:
        parts = list(
            await session.scalars(
                select(Rectification).where(col(Rectification.parent_id) == whole.id).order_by(col(Rectification.id))
            )
        )
    return whole, parts


async def hand_in(database: Database, owner: Actor, rectification_id: int) -> None:
    await do(database, owner, commands.start, rectification_id, Sent())
    await do(database, owner, commands.submit, rectification_id, Sent(note="好了"))


async def verified(database: Database, cast: Cast, **changes: Any) -> Rectification:
    one = await opened(database, cast, **changes)
    await hand_in(database, cast.wang, one.id)
    return await do(database, cast.leader, commands.verify, one.id, Sent())


async def test_a_split_one_closes_with_the_last_of_its_parts(database: Database, cast: Cast) -> None:
    whole, parts = await split(database, cast)
    assert [(part.title, part.owner_id, part.equipment_id) for part in parts] == [
        ("换阀门", cast.wang.person_id, cast.reactor_id),
        ("补保温", cast.stranger.person_id, cast.reactor_id),
    ]
    await hand_in(database, cast.wang, parts[0].id)
    await hand_in(database, cast.stranger, parts[1].id)
    await do(database, cast.leader, commands.verify, parts[0].id, Sent())
    assert (await read(database, cast.leader, whole.id)).rectification.state == "split"
    await do(database, cast.leader, commands.verify, parts[1].id, Sent())
    story = await read(database, cast.leader, whole.id)
    assert (story.rectification.state, story.rectification.verified_by) == ("verified", cast.leader.person_id)
    assert [told.entry.kind for told in story.entries] == ["opened", "split", "joined"]
    assert [part.id for part in story.relatives.parts] == [part.id for part in parts]
    part = await read(database, cast.leader, parts[0].id)
    assert part.relatives.whole is not None and part.relatives.whole.id == whole.id


async def test_parts_that_are_closed_at_the_same_moment_close_the_whole_once(database: Database, cast: Cast) -> None:
    whole, parts = await split(database, cast)
    for owner, part in zip((cast.wang, cast.stranger), parts, strict=True):
        await hand_in(database, owner, part.id)
    await asyncio.gather(*(do(database, cast.officer, commands.verify, part.id, Sent()) for part in parts))
    story = await read(database, cast.leader, whole.id)
    assert [told.entry.kind for told in story.entries] == ["opened", "split", "joined"]


async def test_a_whole_whose_parts_are_all_cancelled_goes_back_to_its_owner(database: Database, cast: Cast) -> None:
    whole, parts = await split(database, cast)
    for part in parts:
        await do(database, cast.leader, commands.cancel, part.id, Sent(note="不用了"))
    assert (await read(database, cast.leader, whole.id)).rectification.state == "returned"
    await do(database, cast.wang, commands.submit, whole.id, Sent(note="一次做完了"))


async def test_a_whole_is_cancelled_with_its_open_parts(database: Database, cast: Cast) -> None:
    whole, parts = await split(database, cast)
    await do(database, cast.leader, commands.cancel, whole.id, Sent(note="装置停了"))
    stories = [await read(database, cast.leader, part.id) for part in parts]
    assert [story.rectification.state for story in stories] == ["cancelled"] * 2
    assert all(story.entries[-1].entry.note == "装置停了" for story in stories)


async def test_the_owner_of_the_whole_verifies_no_part_of_it(database: Database, cast: Cast) -> None:
    _, parts = await split(database, cast, owner_id=cast.rival.person_id)
    await hand_in(database, cast.wang, parts[0].id)
    with pytest.raises(Forbidden):
        await do(database, cast.rival, commands.verify, parts[0].id, Sent())
    async with database.session(site_id=cast.site.id) as session:
        for actor, waits in ((cast.rival, False), (cast.leader, True)):
            cards = (await queries.rectifications(session, actor, tab=Tab.TO_VERIFY)).cards
            assert (parts[0].id in {card.id for card in cards}) is waits


async def test_who_may_not_or_asks_for_nonsense_splits_nothing(database: Database, cast: Cast) -> None:
    whole = await opened(database, cast)
    for actor, refusal in ((cast.wang, Forbidden), (cast.rival, Forbidden), (cast.stranger, NotFound)):
        with pytest.raises(refusal):
            await do(database, actor, splitting.split, whole.id, two_parts(cast), Sent())
    good = two_parts(cast)
    for parts, field in [
        (good[:1], "parts"),
        ([good[0], replace(good[1], measure=" ")], "part_measure_2"),
        ([replace(good[0], owner_id=999999999), good[1]], "part_owner_id_1"),
        ([good[0], replace(good[1], deadline=now() + timedelta(days=30))], "part_deadline_2"),
        ([good[0], replace(good[1], deadline=None)], "part_deadline_2"),
    ]:
        with pytest.raises(Invalid) as refused:
            await do(database, cast.leader, splitting.split, whole.id, parts, Sent())
        assert set(refused.value.fields) == {field}
    assert (await read(database, cast.leader, whole.id)).rectification.state == "open"
    _, parts_of_it = await split(database, cast)
    with pytest.raises(Conflict):
        await do(database, cast.leader, splitting.split, parts_of_it[0].id, good, Sent())


async def test_a_split_sent_twice_splits_once(database: Database, cast: Cast) -> None:
    whole, parts, sent = await opened(database, cast), two_parts(cast), Sent(idempotency_key="split-once", version=1)
    for _ in range(2):
        await do(database, cast.leader, splitting.split, whole.id, parts, sent)
    assert len((await read(database, cast.leader, whole.id)).relatives.parts) == 2


async def test_an_extension_is_asked_for_granted_and_the_first_deadline_kept(database: Database, cast: Cast) -> None:
    one = await opened(database, cast)
    for days in (5, 9):
        wanted = now() + timedelta(days=days)
        await do(database, cast.wang, extending.ask_extension, one.id, wanted, Sent(note="备件没到"))
        granted = await do(database, cast.leader, extending.extend, one.id, Sent(note="可以"))
        assert (granted.deadline, granted.original_deadline) == (wanted, one.deadline)
        assert granted.wanted_deadline is None
    leader, wang = cast.leader.person_id, cast.wang.person_id
    assert await told_of(database, cast, "rectification.extension_asked") == [[leader]] * 2
    assert await told_of(database, cast, "rectification.extended") == [[wang]] * 2
    story = await read(database, cast.leader, one.id)
    assert [told.entry.kind for told in story.entries][1:3] == ["extension_asked", "extended"]
    assert story.entries[-1].entry.deadline == wanted


async def test_who_asks_does_not_answer_and_a_refusal_needs_a_reason(database: Database, cast: Cast) -> None:
    one = await opened(database, cast)
    wanted = now() + timedelta(days=5)
    with pytest.raises(Forbidden):
        await do(database, cast.mate, extending.ask_extension, one.id, wanted, Sent(note="x"))
    for nonsense in (None, now() - timedelta(days=1), one.deadline, now() + timedelta(days=400)):
        with pytest.raises(Invalid):
            await do(database, cast.wang, extending.ask_extension, one.id, nonsense, Sent(note="x"))
    with pytest.raises(Invalid):
        await do(database, cast.wang, extending.ask_extension, one.id, wanted, Sent())
    # The leader asks for the worker: then the leader can't grant it, although they opened it.
    await do(database, cast.leader, extending.ask_extension, one.id, wanted, Sent(note="人手不够"))
    with pytest.raises(Conflict):
        await do(database, cast.wang, extending.ask_extension, one.id, wanted, Sent(note="再申请"))
    for actor in (cast.wang, cast.leader, cast.rival):
        with pytest.raises(Forbidden):
            await do(database, actor, extending.extend, one.id, Sent())
    async with database.session(site_id=cast.site.id) as session:
        waiting = (await queries.rectifications(session, cast.manager, tab=Tab.TO_VERIFY)).cards
        assert [card.quick for card in waiting] == ["extended"]
        assert not (await queries.rectifications(session, cast.leader, tab=Tab.TO_VERIFY)).cards
    with pytest.raises(Invalid):
        await do(database, cast.manager, extending.refuse_extension, one.id, Sent())
    refused = await do(database, cast.manager, extending.refuse_extension, one.id, Sent(note="必须按期"))
    assert (refused.deadline, refused.wanted_deadline, refused.original_deadline) == (one.deadline, None, None)
    assert cast.leader.person_id in (await told_of(database, cast, "rectification.extension_refused"))[0]


async def test_a_request_ends_when_the_work_is_handed_in_or_given_to_another(database: Database, cast: Cast) -> None:
    for end in ("submit", "reassign"):
        one = await opened(database, cast)
        await do(database, cast.wang, commands.start, one.id, Sent())
        await do(database, cast.wang, extending.ask_extension, one.id, now() + timedelta(days=5), Sent(note="等备件"))
        if end == "submit":
            after = await do(database, cast.wang, commands.submit, one.id, Sent(note="到了，换好了"))
        else:
            after = await do(database, cast.leader, commands.reassign, one.id, cast.mate.person_id, Sent())
        assert (after.wanted_deadline, after.extension_by) == (None, None)


async def test_a_part_that_is_extended_carries_its_whole_along(database: Database, cast: Cast) -> None:
    whole, parts = await split(database, cast)
    wanted = whole.deadline + timedelta(days=4)
    await do(database, cast.wang, extending.ask_extension, parts[0].id, wanted, Sent(note="等备件"))
    await do(database, cast.manager, extending.extend, parts[0].id, Sent())
    carried = (await read(database, cast.leader, whole.id)).rectification
    assert (carried.deadline, carried.original_deadline) == (wanted, whole.deadline)
    assert (await read(database, cast.leader, whole.id)).entries[-1].entry.kind == "extended"


async def test_pressing_tells_the_owner_and_disturbs_no_form_being_filled_in(database: Database, cast: Cast) -> None:
    one = await opened(database, cast)
    for actor in (cast.wang, cast.mate, cast.rival):
        with pytest.raises(Forbidden):
            await do(database, actor, commands.urge, one.id, Sent())
    sent = Sent(note="今天要完成", idempotency_key="urge-1")
    for _ in range(2):
        await do(database, cast.leader, commands.urge, one.id, sent)
    assert await told_of(database, cast, "rectification.urged") == [[cast.wang.person_id]]
    assert (await do(database, cast.wang, commands.start, one.id, Sent(version=one.version))).state == "in_progress"


async def test_the_same_alarm_rule_at_the_same_place_soon_after_is_a_recurrence(database: Database, cast: Cast) -> None:
    first = await verified(database, cast)
    second = await verified(database, cast)
    third = await opened(database, cast)
    assert [(one.recurs_id, one.recurrence) for one in (first, second, third)] == [
        (None, 0),
        (first.id, 1),
        (second.id, 2),
    ]
    story = await read(database, cast.leader, second.id)
    assert story.relatives.former is not None and story.relatives.former.number == first.number
    assert [one.id for one in story.relatives.later] == [third.id]


async def test_after_the_sites_window_it_is_new(database: Database, cast: Cast) -> None:
    first = await verified(database, cast)
    async with database.session(site_id=cast.site.id) as session:
        await set_policy(session, cast.officer, replace(await policy_of(session, cast.officer), recurrence_days=10))
    await change(database, first.id, verified_at=now() - timedelta(days=9))
    again = await do(
        database, cast.leader, commands.open_rectification, a_plan(cast, alarm_id=None, recurs_id=first.id)
    )
    assert (again.recurs_id, again.equipment_id) == (first.id, cast.reactor_id)
    await change(database, first.id, verified_at=now() - timedelta(days=11))
    assert (await opened(database, cast)).recurs_id is None
    with pytest.raises(Conflict):
        await opened(database, cast, alarm_id=None, recurs_id=first.id)
    with pytest.raises(Conflict):
        await opened(database, cast, alarm_id=None, recurs_id=again.id)
    async with database.session() as session:
        elsewhere = await make_cast(session)
    with pytest.raises(NotFound):
        await opened(database, elsewhere, alarm_id=None, recurs_id=first.id)


async def test_a_late_one_climbs_by_its_sites_policy_and_tells_nobody_twice_a_day(
    database: Database, cast: Cast
) -> None:
    with pytest.raises(Forbidden):
        async with database.session(site_id=cast.site.id) as session:
            await set_policy(session, cast.manager, Policy())
    async with database.session(site_id=cast.site.id) as session:
        usual = await policy_of(session, cast.officer)
        sooner = {level: 0 for level in usual.managers_after_days}
        await set_policy(session, cast.officer, replace(usual, managers_after_days=sooner))
    one = await opened(database, cast)
    await change(database, one.id, deadline=now() - timedelta(hours=3))
    everybody = sorted([cast.wang.person_id, cast.leader.person_id, cast.manager.person_id])
    for _ in range(2):
        async with database.session() as session:
            await remind_overdue(session)
    assert await told_of(database, cast, "rectification.overdue") == [everybody]
    async with database.session() as session:
        audited = (
            await session.scalars(
                select(AuditEntry).where(
                    col(AuditEntry.site_id) == cast.site.id, col(AuditEntry.action) == "rectification.policy"
                )
            )
        ).one()
    assert audited.change["managers_general"] == [3, 0]


async def test_a_list_puts_first_what_burns_most_and_offers_the_next_step(database: Database, cast: Cast) -> None:
    soon, late = now() + timedelta(days=1), now() - timedelta(hours=2)
    await opened(database, cast, title="明天", deadline=soon)
    major = await opened(database, cast, title="重大", deadline=now() + timedelta(days=5), alarm_id=None, level="major")
    overdue = await opened(database, cast, title="晚了")
    await change(database, overdue.id, deadline=late)
    waiting = await opened(database, cast, title="交了")
    await hand_in(database, cast.wang, waiting.id)
    async with database.session(site_id=cast.site.id) as session:
        mine = (await queries.rectifications(session, cast.wang, tab=Tab.MINE)).cards
        team = (await queries.rectifications(session, cast.leader, tab=Tab.TEAM)).cards
    assert [card.title for card in mine] == ["重大", "晚了", "明天", "交了"]
    assert [card.quick for card in mine] == ["started", "started", "started", None]
    assert [card.quick for card in team] == [None, "urged", None, "verified"]
    assert mine[0].id == major.id


async def test_a_request_stands_among_the_tasks_of_who_answers_it_as_what_it_is(database: Database, cast: Cast) -> None:
    one = await opened(database, cast)
    await do(database, cast.wang, extending.ask_extension, one.id, now() + timedelta(days=5), Sent(note="等备件"))
    async with database.session(site_id=cast.site.id) as session:
        waiting = await waiting_for(session, cast.leader)
    assert [task.kind for task in waiting.later + waiting.today + waiting.late] == [TaskKind.EXTENSION]
