"""The list of alarms: floods together, the worst first, pages without gaps, filters, sites apart."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.models import Alarm, AlarmGroup, AlarmState, Level
from backend.alarms.queries.listing import SHOWN_OF_A_FLOOD, Flood, Show, Wanted, alarms, tally
from backend.core.clock import now
from backend.core.database import Database
from backend.identity.actor import Actor
from backend.identity.models import Role, Site
from backend.plant.models import Point
from tests.alarms.setting import Setting, settle
from tests.factories import made, make_alarm


async def raised(session: AsyncSession, setting: Setting, minutes_ago: float, **fields: Any) -> Alarm:
    """An alarm on the first point, raised so long ago."""
    at = now() - timedelta(minutes=minutes_ago)
    site = await session.get_one(Site, setting.site_id)
    point = await session.get_one(Point, setting.points[fields.pop("point", 0)])
    return await make_alarm(session, site, point, **{"raised_at": at, "last_raised_at": at, **fields})


async def flood_of(session: AsyncSession, setting: Setting, *levels: Level, minutes_ago: float = 1) -> list[Alarm]:
    """A group with an alarm of each of ``levels``, the first the newest."""
    group = await made(session, AlarmGroup(site_id=setting.site_id))
    return [
        await raised(session, setting, minutes_ago + 0.1 * i, level=level, group_id=group.id)
        for i, level in enumerate(levels)
    ]


def ids(floods: list[Flood]) -> list[list[int]]:
    return [[line.alarm.id for line in flood.lines] for flood in floods]


async def all_pages(session: AsyncSession, actor: Actor, wanted: Wanted, most: int) -> list[list[int]]:
    found: list[list[int]] = []
    page = await alarms(session, actor, wanted, most=most)
    found += ids(page.floods)
    while page.following:
        page = await alarms(session, actor, wanted, after=page.following, most=most)
        assert page.floods, "a page that was promised is empty"
        found += ids(page.floods)
    return found


async def test_a_flood_stands_together_and_the_worst_flood_comes_first(database: Database, setting: Setting) -> None:
    async with database.session() as session:
        single = await raised(session, setting, 1, level=Level.SIGNIFICANT)
        general, major = await flood_of(session, setting, Level.GENERAL, Level.MAJOR, minutes_ago=60)
        newer = await raised(session, setting, 0, level=Level.GENERAL)
        older = await raised(session, setting, 5, level=Level.GENERAL)
        page = await alarms(session, setting.actor(), Wanted())
        assert ids(page.floods) == [[major.id, general.id], [single.id], [newer.id], [older.id]]
        assert page.following == ""


async def test_a_long_flood_shows_its_worst_and_counts_the_rest(database: Database, setting: Setting) -> None:
    async with database.session() as session:
        everything = await flood_of(session, setting, *[Level.LOW] * 6, Level.MAJOR)
        (flood,) = (await alarms(session, setting.actor(), Wanted())).floods
        assert flood.lead.alarm.id == everything[-1].id
        assert (len(flood.lines), flood.size) == (SHOWN_OF_A_FLOOD, 7)


@pytest.mark.parametrize("most", [1, 2, 3, 50])
async def test_pages_show_every_flood_once(database: Database, setting: Setting, most: int) -> None:
    async with database.session() as session:
        for minutes in range(4):
            await flood_of(session, setting, Level.GENERAL, Level.LOW, minutes_ago=minutes)
            await raised(session, setting, minutes, level=Level.MAJOR)
            await raised(session, setting, 7, level=Level.MAJOR, state=AlarmState.CLOSED, active=False)
        found = await all_pages(session, setting.actor(), Wanted(), most)
        assert found == ids((await alarms(session, setting.actor(), Wanted())).floods)
        assert sorted(len(flood) for flood in found) == [1] * 4 + [2] * 4
        past = await all_pages(session, setting.actor(), Wanted(Show.CLOSED), most)
        assert past == ids((await alarms(session, setting.actor(), Wanted(Show.CLOSED))).floods)
        assert len(past) == len({alarm for (alarm,) in past}) == 4


async def test_alarms_raised_in_the_same_instant_are_each_on_one_page(database: Database, setting: Setting) -> None:
    at = now()
    async with database.session() as session:
        same = {"raised_at": at, "last_raised_at": at}
        made_ = [(await raised(session, setting, 0, **same)).id for _ in range(5)]
        closed = [(await raised(session, setting, 0, state=AlarmState.CLOSED, **same)).id for _ in range(5)]
        assert sorted(await all_pages(session, setting.actor(), Wanted(), 2)) == [[one] for one in made_]
        past = await all_pages(session, setting.actor(), Wanted(Show.CLOSED), 2)
        assert past == [[one] for one in reversed(closed)]


async def test_each_tab_shows_its_states(database: Database, setting: Setting) -> None:
    async with database.session() as session:
        by_state = {
            state: (await raised(session, setting, 1, state=state, active=state != AlarmState.RETURNED)).id
            for state in AlarmState
        }
        false = (await raised(session, setting, 2, state=AlarmState.CLOSED, judgement="false")).id

        async def shown(show: Show) -> set[int]:
            return {one for flood in await all_pages(session, setting.actor(), Wanted(show), 50) for one in flood}

        waiting = {by_state[AlarmState.UNACKNOWLEDGED], by_state[AlarmState.RETURNED]}
        assert await shown(Show.WAITING) == waiting
        assert await shown(Show.OPEN) == waiting | {by_state[AlarmState.ACKNOWLEDGED]}
        assert await shown(Show.SHELVED) == {by_state[AlarmState.SHELVED], by_state[AlarmState.OUT_OF_SERVICE]}
        assert await shown(Show.CLOSED) == {by_state[AlarmState.CLOSED], false}
        assert await shown(Show.FALSE) == {false}
        counted = await tally(session, setting.actor())
        assert (counted.waiting, counted.open, counted.shelved) == (2, 3, 2)


async def test_a_list_can_be_narrowed_by_level_owner_and_words(database: Database, setting: Setting) -> None:
    async with database.session() as session:
        major = await raised(session, setting, 1, level=Level.MAJOR, title="反应器 压力100%")
        other = await raised(session, setting, 1, point=1, level=Level.LOW, title_en="Cooling water warm")
        nowhere = await raised(session, setting, 1, level=Level.LOW, equipment_id=None, point_id=None)

        async def found(actor: Actor = setting.actor(), **narrow: Any) -> set[int]:
            page = await alarms(session, actor, Wanted(**narrow))
            return {line.alarm.id for flood in page.floods for line in flood.lines}

        assert await found(level=Level.MAJOR) == {major.id}
        assert await found(search="100%") == {major.id}
        assert await found(search="设备1") == {other.id}
        assert await found(search="unit 1") == {other.id}
        assert await found(search="cooling WATER") == {other.id}
        assert await found(search="_") == set()
        assert await found(mine=True) == set()
        holder = setting.actor(Role.WORKER)
        posts = frozenset({(await setting_post(session, setting))})
        owner = Actor(holder.person_id, holder.site_id, holder.role, holder.name, post_ids=posts)
        assert await found(owner, mine=True) == {major.id, other.id}
        assert await found(owner) == {major.id, other.id, nowhere.id}


async def setting_post(session: AsyncSession, setting: Setting) -> int:
    from backend.plant.models import Equipment

    equipment = await session.get_one(Equipment, setting.equipment[0])
    assert equipment.owner_post_id is not None
    return equipment.owner_post_id


async def test_another_site_sees_and_counts_nothing(database: Database, setting: Setting) -> None:
    async with database.session() as session:
        stranger = (await settle(session)).actor()
        await raised(session, setting, 1)
        await raised(session, setting, 1, state=AlarmState.CLOSED)
        for show in Show:
            assert (await alarms(session, stranger, Wanted(show))).floods == []
        counted = await tally(session, stranger)
        assert (counted.waiting, counted.open, counted.shelved) == (0, 0, 0)


@pytest.mark.parametrize("cursor", ["x", "1.2", "1.2.3.4", "9" * 40 + ".1.1", "..", "-"])
async def test_an_unreadable_cursor_starts_from_the_beginning(
    database: Database, setting: Setting, cursor: str
) -> None:
    async with database.session() as session:
        alarm = await raised(session, setting, 1)
        page = await alarms(session, setting.actor(), Wanted(), after=cursor)
        assert ids(page.floods) == [[alarm.id]]


@pytest.mark.parametrize("show", [Show.OPEN, Show.CLOSED])
async def test_a_page_costs_one_statement_however_long_it_is(database: Database, setting: Setting, show: Show) -> None:
    counted: list[str] = []
    async with database.session() as session:
        for minutes in range(12):
            await raised(session, setting, minutes)
            await raised(session, setting, minutes, state=AlarmState.CLOSED)
        session.expunge_all()

        def count(*arguments: Any) -> None:
            counted.append(arguments[2])

        event.listen(database.engine.sync_engine, "before_cursor_execute", count)
        try:
            page = await alarms(session, setting.actor(), Wanted(show))
        finally:
            event.remove(database.engine.sync_engine, "before_cursor_execute", count)
    assert len(page.floods) == 12
    assert len(counted) == 1
