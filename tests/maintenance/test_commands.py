"""Plans and what is done by them: one open record each, due from what was last done, nothing lost or done twice."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.core.errors import Conflict, Forbidden, Invalid, NotFound
from backend.identity.models import AuditEntry
from backend.incidents.review.lapses import Record
from backend.incidents.review.models import LapseKind
from backend.incidents.review.searching import Around, records_around
from backend.lessons.gathering import gather
from backend.maintenance.commands import Origin, Work, change_plan, do_maintenance, make_plan, pause_plan, resume_plan
from backend.maintenance.models import MaintenancePlan, MaintenancePlanVersion
from backend.maintenance.reminders import remind_of_maintenance
from backend.maintenance.schedule import due_on
from backend.tracing.records import records_about
from tests.incidents.scene import set_scene
from tests.lessons.past import incident
from tests.maintenance.upkeep import Upkeep, do, make_upkeep, open_one, records, told

DAY = timedelta(days=1)


async def test_a_plan_opens_its_first_time_and_its_post_hears_of_it(database: Database, plant: Upkeep) -> None:
    plan = await plant.plan(database)
    one = await open_one(database, plan)
    assert (one.due_on, one.post_id, one.summary) == (plant.today + 20 * DAY, plant.post.id, "轴承加油")
    assert await told(database, plan, "maintenance.planned") == [{plant.keeper.person_id}]


async def test_done_is_kept_with_who_and_the_next_is_due_an_interval_later(database: Database, plant: Upkeep) -> None:
    plan = await plant.plan(database)
    earlier = now() - timedelta(days=2)
    work = Work("加了锂基脂", captured_at=earlier, idempotency_key="g1")
    first = await do(database, plant.keeper, do_maintenance, plan.id, work)
    again = await do(database, plant.keeper, do_maintenance, plan.id, work)
    assert first.id == again.id, "the phone sent it twice"
    done, following = await records(database, plan)
    day = earlier.astimezone(plant.keeper.zone).date()
    assert (done.done_on, done.done_by, done.note) == (day, plant.keeper.person_id, "加了锂基脂")
    assert done.due_on == plant.today + 20 * DAY, "what it was due on stays"
    assert following.due_on == day + 30 * DAY


async def test_two_phones_that_did_the_same_lose_nothing_and_ask_for_it_once(database: Database, plant: Upkeep) -> None:
    plan = await plant.plan(database)
    due = await open_one(database, plan)
    works = [Work(f"第 {n} 人", record_id=due.id, idempotency_key=f"two{n}") for n in range(2)]
    await asyncio.gather(*(do(database, plant.keeper, do_maintenance, plan.id, work) for work in works))
    all_records = await records(database, plan)
    done = [one for one in all_records if one.done_on]
    assert {one.note for one in done} == {"第 0 人", "第 1 人"}
    assert [one.due_on for one in done if one.id != due.id] == [None], "the second did what nobody asked for any more"
    assert (await open_one(database, plan)).due_on == plant.today + 30 * DAY


async def test_what_was_done_is_never_changed_or_deleted(database: Database, plant: Upkeep) -> None:
    plan = await plant.plan(database)
    done = await do(database, plant.keeper, do_maintenance, plan.id, Work())
    for statement in (
        f"UPDATE maintenance_record SET done_on = done_on - 1 WHERE id = {done.id}",
        f"DELETE FROM maintenance_record WHERE id = {done.id}",
        "DELETE FROM maintenance_plan_version",
        "UPDATE maintenance_photo SET path = ''",
    ):
        with pytest.raises(DBAPIError):
            async with database.session() as session:
                await session.execute(text(statement))


async def test_a_second_open_record_of_a_plan_is_refused_by_the_database(database: Database, plant: Upkeep) -> None:
    plan = await plant.plan(database)
    with pytest.raises(DBAPIError):
        async with database.session() as session:
            await session.execute(
                text(
                    "INSERT INTO maintenance_record(site_id, equipment_id, plan_id, summary, summary_en, note, sample) "
                    f"VALUES ({plan.site_id}, {plan.equipment_id}, {plan.id}, '', '', '', false)"
                )
            )


async def test_a_shorter_interval_moves_the_open_time_and_is_a_version_with_why_and_where_from(
    database: Database, plant: Upkeep
) -> None:
    plan = await plant.plan(database)
    origin = Origin("轴承常在保养前发热", "Bearings run hot before service", "/lessons/suggestions/7")
    terms = plant.terms(interval_days=15)
    await do(database, plant.scene.leader, change_plan, plan.id, terms, version=1, why="夏天", origin=origin)
    one = await open_one(database, plan)
    assert (one.due_on, one.asked_on) == (plant.today + 5 * DAY, plant.today)
    async with database.session() as session:
        wanted = select(MaintenancePlanVersion).where(col(MaintenancePlanVersion.plan_id) == plan.id)
        versions = list(await session.scalars(wanted.order_by(col(MaintenancePlanVersion.number))))
        audited = select(AuditEntry).where(
            col(AuditEntry.site_id) == plan.site_id, col(AuditEntry.action) == "maintenance.change"
        )
        [entry] = await session.scalars(audited)
    assert [version.terms["interval_days"] for version in versions] == [30, 15]
    assert (versions[1].why, versions[1].origin_url) == ("夏天", origin.url)
    assert versions[1].made_by == plant.scene.leader.person_id
    assert entry.change == {"interval_days": [30, 15]}
    with pytest.raises(Conflict):
        await do(database, plant.scene.leader, change_plan, plan.id, plant.terms(interval_days=20), version=1)
    unchanged = await do(database, plant.scene.leader, change_plan, plan.id, terms)
    assert unchanged.version == 2, "what changes nothing is no version"


async def test_a_renewal_is_due_once_and_rests_when_it_is_done(database: Database, plant: Upkeep) -> None:
    day = plant.today + 90 * DAY
    plan = await plant.plan(database, name="更换机械密封", kind="renewal", interval_days=None, since=day)
    assert (await open_one(database, plan)).due_on == day
    await do(database, plant.keeper, do_maintenance, plan.id, Work())
    [done] = await records(database, plan)
    async with database.session() as session:
        rested = await session.get_one(MaintenancePlan, plan.id)
    assert done.done_on == plant.today and not rested.active
    with pytest.raises(Conflict):
        await do(database, plant.scene.leader, resume_plan, plan.id, "再来一次")


async def test_who_may_do_what_and_what_is_refused(database: Database, plant: Upkeep) -> None:
    scene = plant.scene
    with pytest.raises(Forbidden):
        await do(database, plant.keeper, make_plan, scene.pump.id, plant.terms())
    for wrong, field in (
        ({"name": " "}, "name"),
        ({"interval_days": 0}, "interval_days"),
        ({"post_id": 2**40}, "post_id"),
        ({"kind": "dance"}, "kind"),
        ({"since": plant.today + DAY}, "since"),
    ):
        with pytest.raises(Invalid) as refused:
            await do(database, scene.leader, make_plan, scene.pump.id, plant.terms(**wrong))
        assert field in refused.value.fields
    plan = await plant.plan(database, asks_photo=True)
    with pytest.raises(Invalid) as refused:
        await do(database, plant.keeper, do_maintenance, plan.id, Work())
    assert "photos" in refused.value.fields
    with pytest.raises(Invalid):
        await do(database, plant.keeper, do_maintenance, plan.id, Work(done_on=plant.today + DAY))
    async with database.session() as session:
        elsewhere = await set_scene(session)
    with pytest.raises(NotFound):
        await do(database, elsewhere.leader, do_maintenance, plan.id, Work())
    with pytest.raises(Invalid):
        await do(database, elsewhere.leader, make_plan, scene.pump.id, plant.terms())


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("done"), st.integers(0, 300)),
        st.tuples(st.just("interval"), st.integers(1, 400)),
        st.tuples(st.just("since"), st.integers(0, 900)),
        st.tuples(st.just("pause"), st.none()),
        st.tuples(st.just("resume"), st.none()),
    ),
    max_size=7,
)


@given(_STEPS)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
async def test_whatever_happens_a_plan_in_use_has_one_open_time_due_after_what_was_last_done(
    database: Database, steps: list[tuple[str, Any]]
) -> None:
    async with database.session() as session:
        plant = await make_upkeep(session)
        terms, active, done = plant.terms(), True, []
        leader, today = plant.scene.leader, plant.today
        plan = await make_plan(session, leader, plant.scene.pump.id, terms)
        for verb, value in steps:
            if verb == "done":
                done.append(today - value * DAY)
                await do_maintenance(session, plant.keeper, plan.id, Work(done_on=done[-1]))
            elif verb in {"interval", "since"}:
                changed = {"interval_days": value} if verb == "interval" else {"since": today - value * DAY}
                terms = replace(terms, **changed)
                await change_plan(session, leader, plan.id, terms)
            else:
                active = verb == "resume"
                await (resume_plan if active else pause_plan)(session, leader, plan.id, "检修")
            await session.flush()
            rows = (
                await session.execute(
                    text("SELECT due_on, done_on, dropped_on FROM maintenance_record WHERE plan_id = :plan"),
                    {"plan": plan.id},
                )
            ).all()
            opened = [row.due_on for row in rows if row.done_on is None and row.dropped_on is None]
            expected = due_on(terms.since, terms.interval_days, max(done, default=None))
            assert opened == ([expected] if active else [])
            assert sorted(row.done_on for row in rows if row.done_on) == sorted(done), "nothing done is lost"
        await session.rollback()


async def looked(database: Database, day: date, patch: pytest.MonkeyPatch, hour: int = 9) -> None:
    """The worker looks twice, at that hour of that day in Shanghai."""
    at = now().replace(year=day.year, month=day.month, day=day.day, hour=hour - 8, minute=0)
    patch.setattr("backend.maintenance.reminders.now", lambda: at)
    for _ in range(2):
        async with database.session() as session:
            await remind_of_maintenance(session)


async def test_due_soon_is_told_once_and_late_climbs(
    database: Database, plant: Upkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = await plant.plan(database)
    due, scene = plant.today + 20 * DAY, plant.scene
    holder, leader = plant.keeper.person_id, scene.leader.person_id
    await looked(database, due - 8 * DAY, monkeypatch)
    assert await told(database, plan, "maintenance.soon") == []
    for ahead in (7, 6, 0):
        await looked(database, due - ahead * DAY, monkeypatch)
    assert await told(database, plan, "maintenance.soon") == [{holder}]
    await looked(database, due + DAY, monkeypatch, hour=8)
    for late in (1, 2, 3, 4):
        await looked(database, due + late * DAY, monkeypatch)
    assert await told(database, plan, "maintenance.late") == [{holder, leader}] * 2
    await looked(database, due + 7 * DAY, monkeypatch)
    above = {scene.manager.person_id, scene.officer.person_id}
    assert (await told(database, plan, "maintenance.late"))[-1] == {holder, leader} | above
    await do(database, plant.keeper, do_maintenance, plan.id, Work())
    await looked(database, due + 10 * DAY, monkeypatch)
    assert len(await told(database, plan, "maintenance.late")) == 3, "what is done is late no more"


async def test_evidence_lessons_and_reviews_know_what_was_overdue_and_when(database: Database, plant: Upkeep) -> None:
    pump, site = plant.scene.pump, plant.scene.site
    plan = await plant.plan(database, since=plant.today - 50 * DAY)
    async with database.session() as session:
        await session.execute(text(f"UPDATE maintenance_record SET asked_on = NULL WHERE plan_id = {plan.id}"))
        [row] = await records_about(session, site.id, [pump.id], None)
    assert (row.kind, row.value, row.post_id) == ("maintenance_overdue", 20, plant.post.id)
    done_on = plant.today - 5 * DAY
    await do(database, plant.keeper, do_maintenance, plan.id, Work(done_on=done_on))
    async with database.session() as session:
        kinds = {row.kind for row in await records_about(session, site.id, [pump.id], None)}
        for at in (now() - 15 * DAY, now() - 2 * DAY):
            await incident(session, plant.scene, at, equipment_id=pump.id)
        known = [record.items["maintenance"] for record in (await gather(session, site.id)).records]
    assert kinds == {"maintenance_recent"}
    assert known == ["kept", "overdue"], "the newest first: by then it was done"
    [lapse] = await overdue_around(database, plant)
    assert (lapse.post_id, lapse.url) == (plant.post.id, f"/maintenance/{plan.id}")
    assert lapse.done_at and lapse.done_at > lapse.due_at


async def overdue_around(database: Database, plant: Upkeep) -> list[Record]:
    scene = plant.scene
    async with database.session() as session:
        began = now() - 1 * DAY
        place = Around(scene.site.id, [scene.pump.id], scene.area.id, None, began, began, "Asia/Shanghai")
        found = await records_around(session, place)
    return [one for one in found if one.kind is LapseKind.MAINTENANCE_OVERDUE]


async def test_nobody_is_late_for_what_was_asked_for_only_afterwards(database: Database, plant: Upkeep) -> None:
    plan = await plant.plan(database, since=plant.today - 20 * DAY)
    assert await overdue_around(database, plant) == []
    await do(database, plant.scene.leader, change_plan, plan.id, plant.terms(since=plan.since, interval_days=5))
    assert (await open_one(database, plan)).due_on == plant.today - 15 * DAY
    assert await overdue_around(database, plant) == []
