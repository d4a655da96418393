"""Incidents open by themselves: through real alarms and hazards, once, whatever dies, with the minutes before."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlmodel import col

from backend.alarms.models import Alarm, Level, RuleKind
from backend.core.database import Database
from backend.hazards.reports import commands as reporting
from backend.hazards.reports.commands import ReportDraft
from backend.incidents.commands import set_policy
from backend.incidents.policy import Policy
from backend.incidents.watching import watch_outbreaks
from tests.incidents.scene import (
    Scene,
    events_of,
    incidents,
    log_of,
    raised,
    read,
    set_scene,
    sources,
    tapped,
    watched,
)


async def test_a_critical_alarm_opens_an_incident_where_it_is_and_calls_who_is_concerned(
    database: Database, scene: Scene
) -> None:
    alarm = await raised(database, scene, level=Level.MAJOR)
    await watched(database)
    [one] = await incidents(database, scene)
    assert (one.state, one.level, one.kind, one.title) == ("open", "major", "equipment_failure", "pressure 高报")
    assert (one.equipment_id, one.area_id, one.opened_by) == (scene.reactor.id, scene.area.id, None)
    assert one.number.startswith("SJ-") and one.number.endswith("-001")
    assert ("alarm", alarm) in await sources(database, one.id)
    [opened] = await events_of(database, one.id)
    people = scene.people
    called = {people[name].person_id for name in ("worker", "leader", "manager", "officer")}
    assert (opened.kind, opened.level, set(opened.data["told"])) == ("incident.opened", "major", called)
    assert [line.kind for line in await log_of(database, one.id)] == ["opened"]


async def test_lesser_alarms_warnings_and_ansus_own_alarms_open_none(database: Database, scene: Scene) -> None:
    await raised(database, scene, level=Level.SIGNIFICANT)
    await raised(database, scene, level=Level.MAJOR, warning=True)
    await raised(database, scene, level=Level.MAJOR, kind=RuleKind.SYSTEM, equipment_id=None, point_id=None)
    await watched(database)
    assert await incidents(database, scene) == []


async def test_what_people_have_settled_before_the_worker_looks_opens_none(database: Database, scene: Scene) -> None:
    judged = await raised(database, scene, level=Level.MAJOR)
    closed = await raised(database, scene, "flow", level=Level.MAJOR)
    async with database.session() as session:
        await session.execute(update(Alarm).where(col(Alarm.id) == judged).values(judgement="false"))
        await session.execute(update(Alarm).where(col(Alarm.id) == closed).values(state="closed"))
    await watched(database)
    assert await incidents(database, scene) == []


async def test_the_fifth_alarm_of_a_flood_opens_one_and_the_others_belong_to_it(
    database: Database, scene: Scene
) -> None:
    first = [await raised(database, scene) for _ in range(4)]
    await watched(database)
    assert await incidents(database, scene) == []
    later = [await raised(database, scene, "temperature") for _ in range(3)]
    await watched(database)
    [one] = await incidents(database, scene)
    assert {id_ for kind, id_ in await sources(database, one.id) if kind == "alarm"} == {*first, *later}
    assert "等 5 条预警" in one.title and "and 4 more" in one.title_en
    assert one.level == "general"


async def test_further_alarms_of_the_flood_join_without_a_word_and_a_graver_one_is_said(
    database: Database, scene: Scene
) -> None:
    await raised(database, scene, "flow")
    await raised(database, scene, "flow", level=Level.MAJOR)
    await watched(database)
    joining = [await raised(database, scene, "temperature") for _ in range(3)]
    await watched(database)
    [one] = await incidents(database, scene)
    assert one.title == "flow 高报", "one grave alarm opened it, not their number"
    assert {("alarm", alarm) for alarm in joining} <= await sources(database, one.id)
    assert [line.kind for line in await log_of(database, one.id)] == ["opened"]
    assert [(e.kind, e.data["told"]) for e in await events_of(database, one.id)][1:] == [("incident.joined", [])]


async def test_two_workers_and_one_that_dies_in_between_open_it_once(database: Database, scene: Scene) -> None:
    await raised(database, scene, level=Level.MAJOR)

    class Died(Exception):
        pass

    with pytest.raises(Died):
        async with database.session() as session:
            assert await watch_outbreaks(session)
            raise Died
    assert await incidents(database, scene) == []
    await asyncio.gather(*(watched(database) for _ in range(4)))
    assert len(await incidents(database, scene)) == 1


async def test_an_event_read_again_opens_nothing_again(database: Database, scene: Scene) -> None:
    await raised(database, scene, level=Level.MAJOR)
    await watched(database)
    async with database.session() as session:
        await session.execute(text("UPDATE event_reader SET horizon = 0 WHERE name = 'incidents'"))
    await watched(database)
    assert len(await incidents(database, scene)) == 1


async def test_sites_do_not_share_incidents(database: Database, scene: Scene) -> None:
    async with database.session() as session:
        other = await set_scene(session)
    await raised(database, scene, level=Level.MAJOR)
    await raised(database, other, level=Level.MAJOR)
    await watched(database)
    assert [len(await incidents(database, one)) for one in (scene, other)] == [1, 1]


async def hazard(database: Database, scene: Scene, level: str) -> int:
    """One that the worker reported and the leader accepted with ``level``."""
    async with database.session(site_id=scene.site.id) as session:
        draft = ReportDraft(details="护栏断了", factor="person", equipment_id=scene.pump.id)
        report = await reporting.report_hazard(session, scene.worker, draft)
        await reporting.accept(session, scene.leader, report.id, level, scene.leader.team_id)
        return report.id


async def test_a_hazard_accepted_as_major_opens_one_and_another_level_does_not(
    database: Database, scene: Scene
) -> None:
    await hazard(database, scene, "significant")
    report = await hazard(database, scene, "major")
    await watched(database)
    [one] = await incidents(database, scene)
    assert (one.kind, one.level, one.equipment_id) == ("operation_violation", "major", scene.pump.id)
    assert await sources(database, one.id) == {("report", report)}
    assert scene.pump.name in one.title and scene.pump.name_en in one.title_en


async def test_a_grave_sign_after_it_was_contained_opens_it_again(database: Database, scene: Scene) -> None:
    from backend.incidents.commands import contain
    from backend.incidents.recording import Said

    one = await tapped(database, scene.worker, scene)
    async with database.session(site_id=scene.site.id) as session:
        await contain(session, scene.leader, one.id, Said("阀门已关"))
    await raised(database, scene, level=Level.MAJOR)
    await watched(database)
    [one] = await incidents(database, scene)
    assert (one.state, one.contained_at, one.contained_by) == ("open", None, None)
    flared = (await log_of(database, one.id))[-1]
    assert (flared.kind, flared.person_id, flared.change["state"]) == ("flared", None, ["contained", "open"])
    told = (await events_of(database, one.id))[-1]
    assert told.kind == "incident.flared" and scene.worker.person_id in told.data["told"]


async def test_a_sites_own_rules_decide_and_each_change_is_a_version(database: Database, scene: Scene) -> None:
    async with database.session(site_id=scene.site.id) as session:
        await set_policy(session, scene.officer, Policy(alarm_level=None, flood_alarms=2))
        assert (await set_policy(session, scene.officer, Policy(alarm_level=None, flood_alarms=2))).version == 1
    await raised(database, scene, level=Level.MAJOR)
    await watched(database)
    assert await incidents(database, scene) == []
    await raised(database, scene, "flow")
    await watched(database)
    [one] = await incidents(database, scene)
    assert one.policy_version == 1


async def trends(database: Database, incident_id: int) -> list[Any]:
    async with database.session() as session:
        asked = text("SELECT point_id, nearness FROM incident_trend WHERE incident_id = :id ORDER BY position")
        return [tuple(row) for row in await session.execute(asked, {"id": incident_id})]


async def test_the_minutes_before_are_kept_with_it_and_outlive_the_readings(database: Database, scene: Scene) -> None:
    for point, values in (("temperature", [20, 21, 22]), ("pressure", [100, 110, 130]), ("flow", [5.0, 4.0, 1.0])):
        await read(database, scene, point, values, every_s=30)
    await raised(database, scene, level=Level.MAJOR)
    await watched(database)
    [one] = await incidents(database, scene)
    wanted = [("pressure", "sign"), ("temperature", "here"), ("flow", "upstream")]
    assert await trends(database, one.id) == [(scene.points[name].id, nearness) for name, nearness in wanted]
    async with database.session() as session:
        await session.execute(text("DELETE FROM reading WHERE site_id = :site"), {"site": scene.site.id})
        kept = await session.execute(text("SELECT cells FROM incident_trend WHERE incident_id = :i"), {"i": one.id})
        cells = next(iter(kept))[0]
    assert (cells["mean"], len(cells["at"]), cells["cell_s"] > 0) == ([100, 110, 130], 3, True)


async def test_it_began_with_the_first_sign_of_its_flood_though_that_opened_nothing(
    database: Database, scene: Scene
) -> None:
    warned = await raised(database, scene, "flow", warning=True)
    await raised(database, scene, level=Level.MAJOR)
    await watched(database)
    [one] = await incidents(database, scene)
    async with database.session() as session:
        assert one.began_at == await session.scalar(select(Alarm.raised_at).where(col(Alarm.id) == warned))


async def test_a_place_without_readings_has_no_charts_and_still_its_incident(database: Database, scene: Scene) -> None:
    await raised(database, scene, level=Level.MAJOR)
    await watched(database)
    [one] = await incidents(database, scene)
    assert await trends(database, one.id) == []
