"""Feedback from the sentence to the answer, and who gets to see what."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlmodel import col

from backend.checkins.models import SiteCalendar
from backend.core.clock import holding
from backend.core.database import Database
from backend.core.errors import Conflict, Forbidden, Invalid, NotFound
from backend.core.events import Event
from backend.delivery.audience import may_be_told
from backend.feedback import commands, queries
from backend.feedback.draft import Draft
from backend.feedback.models import Feedback, State
from backend.feedback.queries import Asked
from backend.feedback.reminders import remind_answerers
from backend.home.tasks import TaskKind
from backend.home.waiting import waiting_for
from backend.identity.actor import Actor
from backend.identity.models import AuditEntry, Person
from tests.factories import made
from tests.incidents.scene import Scene

FRIDAY = datetime(2026, 11, 27, 8, tzinfo=UTC)


async def given(database: Database, actor: Actor, words: str = "按钮太小", **more: Any) -> Feedback:
    async with database.session() as session:
        return await commands.give(session, actor, Draft(more.pop("kind", "problem"), words, **more))


async def told(database: Database, one: Feedback, verb: str) -> list[int]:
    async with database.session() as session:
        wanted = select(Event).where(col(Event.subject_id) == one.id, col(Event.kind) == f"feedback.{verb}")
        return sorted({person for event in await session.scalars(wanted) for person in event.data["told"]})


async def fresh(database: Database, one: Feedback) -> Feedback:
    async with database.session() as session:
        return await session.get_one(Feedback, one.id)


async def test_what_is_said_twice_with_one_key_arrives_once(database: Database, scene: Scene) -> None:
    first = await given(database, scene.worker, idempotency_key="a-key")
    again = await given(database, scene.worker, idempotency_key="a-key")
    assert first.id == again.id and first.number.startswith("FK-")
    with pytest.raises(Conflict):
        await given(database, scene.worker, "别的话", idempotency_key="a-key")


async def test_it_is_due_in_the_site_s_working_days_and_praise_is_not_due(database: Database, scene: Scene) -> None:
    async with database.session() as session:
        await made(session, SiteCalendar(site_id=scene.site.id, shifts=["08:00"], holidays=["2026-11-30"]))
    with holding(FRIDAY):
        one = await given(database, scene.worker)
        praise = await given(database, scene.worker, kind="praise")
        async with database.session() as session:
            await commands.set_policy(session, scene.manager, 1)
        sooner = await given(database, scene.worker)
    assert one.due_at == one.first_due_at == datetime(2026, 12, 3, 16, tzinfo=UTC), "1, 2 and 3 December"
    assert praise.due_at is None
    assert sooner.due_at == datetime(2026, 12, 1, 16, tzinfo=UTC)
    async with database.session() as session:
        with pytest.raises(Invalid):
            await commands.set_policy(session, scene.manager, 0)
        with pytest.raises(Forbidden):
            await commands.set_policy(session, scene.leader, 2)


async def test_it_waits_in_the_tasks_of_those_who_answer_until_one_of_them_takes_it(
    database: Database, scene: Scene
) -> None:
    one = await given(database, scene.worker, "看不懂这张图", kind="unclear")
    await given(database, scene.worker, "真好用", kind="praise")

    async def waits(actor: Actor) -> list[str]:
        async with database.session() as session:
            waiting = await waiting_for(session, actor)
        return [task.url for task in (*waiting.late, *waiting.today, *waiting.later) if task.kind == TaskKind.FEEDBACK]

    url = f"/feedback/{one.id}"
    assert await waits(scene.manager) == await waits(scene.officer) == [url]
    assert await waits(scene.leader) == await waits(scene.worker) == []
    async with database.session() as session:
        await commands.take(session, scene.manager, one.id)
    assert await waits(scene.manager) == [url] and await waits(scene.officer) == []
    async with database.session() as session:
        await commands.assign(session, scene.manager, one.id, scene.officer.person_id)
        with pytest.raises(Invalid):
            await commands.assign(session, scene.manager, one.id, scene.leader.person_id)
    assert await waits(scene.officer) == [url] and await waits(scene.manager) == []
    assert await told(database, one, "assigned") == [scene.officer.person_id]
    async with database.session() as session:
        await commands.answer(session, scene.officer, one.id, "点一下图例就有说明")
    assert await waits(scene.officer) == []


async def test_an_answer_is_told_and_rated_and_opens_again_with_what_is_missing(
    database: Database, scene: Scene
) -> None:
    one = await given(database, scene.worker)
    async with database.session() as session:
        with pytest.raises(Conflict):
            await commands.rate(session, scene.worker, one.id, useful=True)
        with pytest.raises(Invalid):
            await commands.decline(session, scene.manager, one.id, " ")
        await commands.answer(session, scene.manager, one.id, "下个版本放大")
    assert await told(database, one, "answered") == [scene.worker.person_id]
    async with database.session() as session:
        with pytest.raises(Forbidden):
            await commands.rate(session, scene.manager, one.id, useful=True)
        await commands.rate(session, scene.worker, one.id, useful=False)
        with pytest.raises(Invalid):
            await commands.reopen(session, scene.worker, one.id, "")
        await commands.reopen(session, scene.worker, one.id, "还是太小")
    after = await fresh(database, one)
    assert (after.state, after.useful, after.assigned_to) == (State.WORKING, None, scene.manager.person_id)
    assert after.answered_at is not None, "the first answer stands"
    assert await told(database, one, "reopened") == [scene.manager.person_id]
    async with database.session() as session:
        thread = await queries.thread(session, scene.worker, one.id)
        said = [(entry.kind, entry.words) for entry, *_ in thread.entries]
        noted = select(col(AuditEntry.action)).where(
            col(AuditEntry.object_type) == "feedback", col(AuditEntry.object_id) == one.id
        )
        audited = set(await session.scalars(noted))
    assert said == [("answered", "下个版本放大"), ("useless", ""), ("reopened", "还是太小")]
    assert audited == {"feedback.given", "feedback.answered", "feedback.useless", "feedback.reopened"}


async def test_what_is_merged_gets_the_answer_of_the_main_one_and_not_its_words(
    database: Database, scene: Scene
) -> None:
    main = await given(database, scene.stranger, "字太小，看不清")
    one, third = await given(database, scene.worker), await given(database, scene.leader)
    async with database.session() as session:
        await commands.merge(session, scene.manager, third.id, one.id)
        await commands.merge(session, scene.manager, one.id, main.id)
        with pytest.raises(Invalid):
            await commands.merge(session, scene.manager, main.id, main.id)
        with pytest.raises(Invalid):
            await commands.merge(session, scene.manager, main.id, one.id)
    assert (await fresh(database, third)).merged_into_id == main.id
    async with database.session() as session:
        assert (await queries.card(session, scene.worker, one.id)).shown == State.MERGED, "nobody has answered yet"
        await commands.answer(session, scene.manager, main.id, "已放大")
    assert await told(database, main, "answered") == sorted(
        one.person_id for one in (scene.stranger, scene.worker, scene.leader)
    )
    assert (await fresh(database, one)).answered_at is not None
    async with database.session() as session:
        thread = await queries.thread(session, scene.worker, one.id)
        assert thread.card.shown == State.ANSWERED
        assert [(entry.kind, entry.words) for entry, *_ in thread.entries] == [
            ("merged", main.number),
            ("answered", "已放大"),
        ]
        await commands.reopen(session, scene.worker, one.id, "这里还是小")
    again = await fresh(database, one)
    assert (again.state, again.merged_into_id) == (State.WORKING, None)
    late = await given(database, scene.worker)
    async with database.session() as session:
        await commands.merge(session, scene.manager, late.id, main.id)
    assert (await fresh(database, late)).answered_at is not None, "there was an answer to show at once"


async def test_others_read_neither_feedback_nor_hear_of_it(database: Database, scene: Scene) -> None:
    one = await given(database, scene.worker)
    async with database.session() as session:
        for nosy in (scene.stranger, scene.leader, scene.rival):
            with pytest.raises(NotFound):
                await queries.thread(session, nosy, one.id)
            with pytest.raises((NotFound, Forbidden)):
                await commands.answer(session, nosy, one.id, "好")
        event = (await session.scalars(select(Event).where(col(Event.subject_id) == one.id))).first()
    assert event is not None
    assert may_be_told(scene.manager, event) and not may_be_told(scene.leader, event)


async def test_the_queue_shows_what_waits_longest_first_and_finds(database: Database, scene: Scene) -> None:
    ids = [(await given(database, scene.worker, words)).id for words in ("第一条", "第二条", "100% 第三条")]
    async with database.session() as session:
        await commands.answer(session, scene.manager, ids[1], "好")
        shown = await queries.queue(session, scene.manager, Asked())
        assert [card.feedback.id for card in shown] == [ids[0], ids[2]]
        found = await queries.queue(session, scene.manager, Asked("all", search="0%"))
        assert [card.feedback.id for card in found] == [ids[2]]
        assert [card.feedback.id for card in await queries.queue(session, scene.manager, Asked("done"))] == [ids[1]]
        mine = await queries.queue(session, scene.manager, Asked("all", mine=True))
        assert [card.feedback.id for card in mine] == [ids[1]]
        assert await queries.waiting_count(session, scene.manager) == (2, 0)


async def test_who_has_it_is_reminded_on_the_last_day_once_and_else_all_who_answer(
    database: Database, scene: Scene
) -> None:
    async with database.session() as session:  # what other tests left behind
        await session.execute(update(Feedback).values(remind_at=None))
    with holding(FRIDAY):
        free, taken = await given(database, scene.worker), await given(database, scene.worker)
        async with database.session() as session:
            await commands.take(session, scene.officer, taken.id)

    async def reminded(at: datetime) -> int:
        with holding(at):
            async with database.session() as session:
                return await remind_answerers(session)

    last_day = datetime(2026, 12, 2, 0, tzinfo=UTC)  # eight in the morning in Shanghai
    assert await reminded(last_day - timedelta(minutes=1)) == 0
    assert [await reminded(last_day), await reminded(last_day)] == [2, 0]
    assert await told(database, taken, "waiting") == [scene.officer.person_id]
    expected = sorted(one.person_id for one in (scene.manager, scene.officer, scene.admin))
    assert await told(database, free, "waiting") == expected
    assert await reminded(last_day + timedelta(days=1)) == 2
    async with database.session() as session:
        await commands.answer(session, scene.manager, free.id, "好")
        await commands.decline(session, scene.officer, taken.id, "做不到：会挡住地图")
    assert await reminded(last_day + timedelta(days=5)) == 0


async def test_two_who_answer_at_once_leave_one_story(database: Database, scene: Scene) -> None:
    one = await given(database, scene.worker)
    async with database.session() as first, database.session() as second:
        await commands.take(first, scene.manager, one.id)
        await first.commit()
        with pytest.raises(Conflict):
            await commands.take(second, scene.officer, one.id)
    assert (await fresh(database, one)).assigned_to == scene.manager.person_id


async def test_a_name_of_somebody_who_left_still_stands_in_the_thread(database: Database, scene: Scene) -> None:
    one = await given(database, scene.worker)
    async with database.session() as session:
        await commands.answer(session, scene.officer, one.id, "好")
        await session.execute(text("UPDATE person SET active = false WHERE id = :id"), {"id": scene.officer.person_id})
        thread = await queries.thread(session, scene.worker, one.id)
        officer = await session.get_one(Person, scene.officer.person_id)
    assert thread.entries[0][1] is not None and thread.entries[0][1].name == officer.name
