"""What lists show, to whom, and in which order."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from backend.alarms.models import Level
from backend.core.clock import now
from backend.core.database import Database
from backend.core.errors import NotFound
from backend.hazards import queries
from backend.hazards.lifecycle import may_verify
from backend.hazards.models import Rectification, RectificationState
from backend.hazards.origins import candidates, origin
from backend.hazards.queries import Tab, case_of, somebody, verifiable_by
from backend.identity.actor import Actor
from tests.factories import actor_for, make_person
from tests.hazards.cast import Cast, make_cast, opened


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Database]:
    one = Database(database_url)
    yield one
    await one.close()


@pytest.fixture
async def cast(database: Database) -> Cast:
    async with database.session() as session:
        return await make_cast(session)


async def change(database: Database, rectification_id: int, **values: object) -> None:
    async with database.session() as session:
        one = await session.get_one(Rectification, rectification_id)
        for name, value in values.items():
            setattr(one, name, value)


async def titles(database: Database, actor: Actor, tab: Tab = Tab.ALL) -> list[str]:
    async with database.session(site_id=actor.site_id) as session:
        return [card.title for card in (await queries.rectifications(session, actor, tab=tab)).cards]


async def test_mine_come_first_then_the_most_urgent_and_closed_ones_last(database: Database, cast: Cast) -> None:
    await opened(database, cast, title="后天", deadline=now() + timedelta(days=2))
    await opened(database, cast, title="明天", deadline=now() + timedelta(days=1))
    await opened(database, cast, title="我的", deadline=now() + timedelta(days=9), owner_id=cast.leader.person_id)
    closed = await opened(database, cast, title="完成")
    await change(database, closed.id, state="verified", verified_at=now())
    assert await titles(database, cast.leader) == ["我的", "明天", "后天", "完成"]
    assert await titles(database, cast.leader, Tab.MINE) == ["我的"]


async def test_each_tab_holds_what_it_says_and_counts_what_is_unfinished(database: Database, cast: Cast) -> None:
    await opened(database, cast, title="王的")
    late = await opened(database, cast, title="晚了")
    await change(database, late.id, deadline=now() - timedelta(hours=2))
    await opened(database, cast, title="别的班", owner_id=cast.stranger.person_id)
    handed_in = await opened(database, cast, title="交了")
    await change(database, handed_in.id, state="submitted", submitted_by=cast.wang.person_id)
    done = await opened(database, cast, title="完成")
    await change(database, done.id, state="verified", verified_at=now())
    assert await titles(database, cast.leader, Tab.TEAM) == ["晚了", "王的", "交了", "完成"]
    assert await titles(database, cast.leader, Tab.OVERDUE) == ["晚了"]
    assert await titles(database, cast.leader, Tab.TO_VERIFY) == ["交了"]
    async with database.session(site_id=cast.site.id) as session:
        counts = await queries.unfinished_counts(session, cast.leader)
        workers = await queries.unfinished_counts(session, cast.wang)
    assert counts == {Tab.MINE: 0, Tab.TEAM: 3, Tab.OVERDUE: 1, Tab.TO_VERIFY: 1, Tab.ALL: 4}
    assert workers == {Tab.MINE: 3, Tab.TEAM: 3, Tab.OVERDUE: 1, Tab.TO_VERIFY: 0, Tab.ALL: 3}


async def test_who_is_in_no_team_has_no_mates(database: Database, cast: Cast) -> None:
    async with database.session() as session:
        loner = await actor_for(session, await make_person(session, cast.site))
    one = await opened(database, cast, owner_id=cast.manager.person_id)
    async with database.session(site_id=cast.site.id) as session:
        assert (await queries.rectifications(session, loner)).cards == []
        assert (await queries.rectifications(session, cast.officer, tab=Tab.TEAM)).cards == []
        with pytest.raises(NotFound):
            await queries.story(session, loner, one.id)


async def test_the_search_looks_into_number_title_and_owner_and_takes_signs_as_they_are(
    database: Database, cast: Cast
) -> None:
    one = await opened(database, cast, title="100% 漏油")
    await opened(database, cast, title="冷却水", owner_id=cast.stranger.person_id)

    async def found(search: str) -> list[str]:
        async with database.session(site_id=cast.site.id) as session:
            return [card.title for card in (await queries.rectifications(session, cast.leader, search=search)).cards]

    assert await found("漏油") == await found(one.number) == await found("wang") == ["100% 漏油"]
    assert await found("%") == ["100% 漏油"]
    assert await found("没有") == []


async def test_pages_follow_each_other_without_gap_or_repeat(database: Database, cast: Cast) -> None:
    for count in range(7):
        deadline = now() + timedelta(days=1 + count % 3)
        await opened(database, cast, title=str(count), deadline=deadline)
    seen, after = [], ""
    async with database.session(site_id=cast.site.id) as session:
        while True:
            page = await queries.rectifications(session, cast.wang, after=after, most=2)
            seen += [card.title for card in page.cards]
            after = page.following
            if not after:
                break
        whole = await queries.rectifications(session, cast.wang)
    assert seen == [card.title for card in whole.cards] and len(set(seen)) == 7


@pytest.mark.parametrize("word", ["x", "1.2", "0.0.99999999999999999999.1", "-", "1.2.3.4.5"])
async def test_an_unreadable_cursor_starts_from_the_beginning(database: Database, cast: Cast, word: str) -> None:
    await opened(database, cast)
    async with database.session(site_id=cast.site.id) as session:
        assert len((await queries.rectifications(session, cast.wang, after=word)).cards) == 1


async def test_the_list_to_verify_holds_exactly_what_the_rules_let_one_verify(database: Database, cast: Cast) -> None:
    for level in Level:
        for submitter in (cast.wang, cast.leader):
            one = await opened(database, cast, owner_id=cast.wang.person_id)
            await change(
                database,
                one.id,
                level=str(level),
                state=RectificationState.SUBMITTED,
                submitted_by=submitter.person_id,
            )
    for actor in cast.people.values():
        async with database.session(site_id=cast.site.id) as session:
            everything = list(await session.scalars(select(Rectification)))
            listed = set(await session.scalars(select(col(Rectification.id)).where(verifiable_by(actor))))
        allowed = {
            one.id
            for one in everything
            if one.state == "submitted" and may_verify(case_of(one, cast.wang.team_id), somebody(actor))
        }
        assert listed == allowed, actor.role


async def test_of_ones_own_the_most_urgent_come_first_for_home(database: Database, cast: Cast) -> None:
    late = await opened(database, cast, title="晚了")
    await change(database, late.id, deadline=now() - timedelta(hours=2))
    await opened(database, cast, title="不急")
    done = await opened(database, cast, title="交了")
    await change(database, done.id, state="submitted", submitted_by=cast.wang.person_id)
    async with database.session(site_id=cast.site.id) as session:
        cards = await queries.owned_to_do(session, cast.wang, most=3)
        assert [(card.title, card.overdue) for card in cards] == [("晚了", True), ("不急", False)]
        assert await queries.owned_to_do(session, cast.leader) == []


async def test_what_waits_for_somebody_is_what_they_own_and_what_they_verify_and_nothing_else(
    database: Database, cast: Cast
) -> None:
    await opened(database, cast, title="去做")
    for level in Level:
        one = await opened(database, cast, title=f"交了 {level}")
        await change(database, one.id, level=str(level), state="submitted", submitted_by=cast.wang.person_id)
    done = await opened(database, cast, title="关了")
    await change(database, done.id, state="verified", verified_at=now())
    asked = await opened(database, cast, title="要延期")
    await change(database, asked.id, extension_by=cast.wang.person_id, wanted_deadline=now() + timedelta(days=9))
    waiting = {}
    for actor in cast.people.values():
        async with database.session(site_id=cast.site.id) as session:
            found = await queries.waiting_for(session, actor)
            own = [card.title for card in await queries.owned_to_do(session, actor)]
            others = (await queries.rectifications(session, actor, tab=Tab.TO_VERIFY)).cards
        assert [card.title for card in found if card.mine] == own
        assert [card.title for card in found if not card.mine] == [card.title for card in others]
        waiting[actor.person_id] = {card.title for card in found}
    assert waiting[cast.wang.person_id] == {"去做", "要延期"}
    assert waiting[cast.leader.person_id] == {f"交了 {level}" for level in Level if level != Level.MAJOR} | {"要延期"}
    assert waiting[cast.manager.person_id] == {f"交了 {level}" for level in Level} | {"要延期"}


async def test_an_alarm_suggests_the_holder_of_its_equipments_post_and_the_rules_advice(
    database: Database, cast: Cast
) -> None:
    async with database.session(site_id=cast.site.id) as session:
        source = await origin(session, cast.leader, cast.alarm_id)
        people = await candidates(session, cast.leader)
    assert source.owner_id == cast.wang.person_id
    assert source.advice == "降低进料，检查冷却水"
    assert [person.team for person in people[:3]] == ["甲班"] * 3 and len(people) == 7


async def test_one_is_read_in_few_statements(database: Database, cast: Cast) -> None:
    one = await opened(database, cast)
    from sqlalchemy import event

    statements: list[str] = []
    listener = lambda *arguments: statements.append(arguments[2])  # noqa: E731
    event.listen(database.engine.sync_engine, "before_cursor_execute", listener)
    try:
        async with database.session(site_id=cast.site.id) as session:
            story = await queries.story(session, cast.leader, one.id)
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", listener)
    assert len(statements) == 4
    assert story.people[cast.wang.person_id].name.startswith("姓wang")
    assert story.alarm is not None and story.equipment is not None
