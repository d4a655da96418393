"""An alarm that stayed open after its incident was over and comes again: another incident, linked to the former."""

import asyncio
from datetime import timedelta

from fastapi import FastAPI

from backend.alarms.commands.raising import clear_alarm
from backend.alarms.models import Level
from backend.core.clock import now
from backend.core.database import Database
from backend.incidents import commands as base
from backend.incidents.models import Incident
from backend.incidents.recording import Said
from backend.incidents.watching import watch_outbreaks
from tests.factories import unique
from tests.incidents.scene import Scene, incidents, log_of, raised, sources, watched
from tests.incidents.test_commands import do
from tests.incidents.test_pages import browsing


class Condition:
    """A condition that comes and goes at the reactor; its alarm is latched, so that nobody closes it by accident."""

    def __init__(self, database: Database, scene: Scene, level: Level = Level.MAJOR) -> None:
        self._database, self._scene, self._level = database, scene, level
        self._key = unique("pressure:")

    async def comes(self) -> int:
        """Id of its alarm."""
        return await raised(self._database, self._scene, level=self._level, condition_key=self._key, latched=True)

    async def goes(self) -> None:
        async with self._database.session() as session:
            await clear_alarm(session, self._scene.site.id, self._key, now())

    async def comes_again(self) -> int:
        await self.goes()
        return await self.comes()


async def over(database: Database, scene: Scene, one: Incident) -> None:
    await do(database, scene.leader, base.contain, one.id, Said())
    await do(database, scene.manager, base.close, one.id, base.Ending(), Said())


async def test_it_opens_another_each_time_which_leads_to_the_one_before(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    condition = Condition(database, scene)
    alarm = await condition.comes()
    await watched(database)
    [first] = await incidents(database, scene)
    await over(database, scene, first)
    assert await condition.comes_again() == alarm, "it was never closed"
    await watched(database)
    [_, second] = await incidents(database, scene)
    assert (second.state, second.again_of, second.title) == ("open", first.id, "pressure 高报")
    assert second.began_at > first.began_at and second.group_id == first.group_id
    assert ("alarm", alarm) in await sources(database, second.id)
    [line] = await log_of(database, second.id)
    assert line.change["about"]["zh"] == f"{first.number} 的报警再次发生"
    async with browsing(app, scene.leader) as leader:
        assert f'<a href="/incidents/{first.id}">再次发生' in (await leader.get(f"/incidents/{second.id}")).text
        assert (await leader.get(f"/api/v1/incidents/{second.id}")).json()["again_of"] == first.id
    await over(database, scene, second)
    await condition.comes_again()
    await watched(database)
    assert [one.again_of for one in await incidents(database, scene)] == [None, first.id, second.id]


async def test_while_its_incident_goes_on_it_stays_with_it(database: Database, scene: Scene) -> None:
    condition = Condition(database, scene)
    await condition.comes()
    await watched(database)
    await condition.comes_again()
    await watched(database)
    await condition.comes_again()
    await over(database, scene, (await incidents(database, scene))[0])
    await watched(database)
    assert len(await incidents(database, scene)) == 1, "it came again before the end, whenever the worker looks"


async def test_two_workers_and_a_second_look_open_it_once(database: Database, scene: Scene) -> None:
    condition = Condition(database, scene)
    await condition.comes()
    await watched(database)
    await over(database, scene, (await incidents(database, scene))[0])
    await condition.comes_again()

    async def dies() -> None:
        async with database.session() as session:
            await watch_outbreaks(session)
            await session.rollback()

    await dies()
    await asyncio.gather(watched(database), watched(database))
    await watched(database)
    assert len(await incidents(database, scene)) == 2


async def test_what_comes_again_in_the_same_flood_counts_to_the_new_one(database: Database, scene: Scene) -> None:
    grave, lesser = Condition(database, scene), Condition(database, scene, Level.GENERAL)
    await grave.comes()
    other = await lesser.comes()
    await watched(database)
    await over(database, scene, (await incidents(database, scene))[0])
    await lesser.comes_again()
    await watched(database)
    assert len(await incidents(database, scene)) == 1, "a lesser one alone is none"
    await grave.comes_again()
    await watched(database)
    await lesser.comes_again()
    await watched(database)
    [_, second] = await incidents(database, scene)
    assert ("alarm", other) in await sources(database, second.id)


async def test_one_that_was_handled_by_hand_late_is_not_taken_for_a_return(database: Database, scene: Scene) -> None:
    condition = Condition(database, scene)
    await condition.comes()
    await watched(database)
    [one] = await incidents(database, scene)
    await over(database, scene, one)
    await condition.goes()
    await watched(database)
    [after] = await incidents(database, scene)
    assert after.closed_at is not None and after.closed_at - one.began_at < timedelta(minutes=5)
