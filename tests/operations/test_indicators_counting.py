"""What each indicator counts, against what was worked out by hand from a few records, and what it leaves out."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from backend.checkins.models import InspectionPlan, InspectionStop, InspectionVisit
from backend.core.clock import holding
from backend.core.database import Database
from backend.hazards.models import Rectification
from backend.hazards.reports.models import HazardReport
from backend.incidents.models import Incident, IncidentSource
from backend.maintenance.models import MaintenanceRecord
from backend.operations.indicators.figures import Figure
from backend.operations.indicators.overview import figure_of
from backend.operations.indicators.queries.foreseen import known_by
from backend.operations.indicators.queries.reading import WHOLE, Scope
from backend.operations.indicators.rolling import roll_up
from backend.operations.indicators.windows import Window
from backend.risks.models import ControlMeasure, HazardSource, RiskGrading, RiskPoint
from tests.factories import made, make_alarm, make_post, unique
from tests.incidents.scene import Scene

TODAY = datetime(2026, 11, 27, 8, tzinfo=UTC)
WINDOW = Window((TODAY - timedelta(days=89)).date(), (TODAY + timedelta(days=1)).date())


def ago(days: float) -> datetime:
    return TODAY - timedelta(days=days)


@pytest.fixture(autouse=True)
def _today() -> Any:
    with holding(TODAY):
        yield


async def counted(database: Database, scene: Scene, measure: str, scope: Scope = WHOLE, who: str = "manager") -> Figure:
    async with database.session() as session:
        await roll_up(session, scene.site.id)
        return await figure_of(session, scene.people[who], scope, WINDOW, measure)


async def rectified(
    session: Any, scene: Scene, made_days: float, due_days: float, done_days: float | None, **more: Any
) -> Rectification:
    values = {
        "site_id": scene.site.id,
        "number": unique("ZG-"),
        "level": "general",
        "title": "漏",
        "measure": "修",
        "owner_id": scene.worker.person_id,
        "opened_by": scene.leader.person_id,
        "created_at": ago(made_days),
        "deadline": ago(due_days),
        "state": "open" if done_days is None else "verified",
        "verified_at": None if done_days is None else ago(done_days),
        "equipment_id": scene.pump.id,
    }
    return await made(session, Rectification(**{**values, **more}))


async def test_on_time_is_by_the_original_deadline_and_open_overdue_is_late(database: Database, scene: Scene) -> None:
    async with database.session() as session:
        await rectified(session, scene, 20, 10, 12)
        await rectified(session, scene, 20, 10, 9)
        await rectified(session, scene, 20, 5, None)
        await rectified(session, scene, 20, 2, 3, original_deadline=ago(8))
        await rectified(session, scene, 20, -5, None)
        await rectified(session, scene, 20, 10, None, state="cancelled")
    on_time = await counted(database, scene, "on_time")
    assert (on_time.counted, on_time.base) == (1, 4), "early, late, open, extended; not the one still to come"
    extended = await counted(database, scene, "extended")
    assert (extended.counted, extended.base) == (1, 4)
    closed = await counted(database, scene, "closed")
    assert (closed.counted, closed.base) == (3, 5)


async def test_recurrence_waits_until_the_window_is_over(database: Database, scene: Scene) -> None:
    async with database.session() as session:
        back = await rectified(session, scene, 130, 110, 120)
        await rectified(session, scene, 130, 110, 119)
        late = await rectified(session, scene, 150, 140, 145)
        young = await rectified(session, scene, 70, 50, 60)
        for former, days in ((back, 60), (late, 50), (young, 10)):
            await rectified(session, scene, days, -1, None, recurs_id=former.id)
    found = await counted(database, scene, "recurred")
    assert (found.counted, found.base) == (1, 3), "one within 90 days, one after 95, one never; the young one waits"


async def test_precision_leaves_out_self_checks_and_serviced_equipment_and_shows_the_unjudged(
    database: Database, scene: Scene
) -> None:
    async with database.session() as session:
        pressure = scene.points["pressure"]
        for days, judgement, more in (
            (9.0, "true", {}),
            (8.0, "false", {}),
            (7.0, "true", {}),
            (6.0, "", {}),
            (1.0, "", {}),
            (5.0, "false", {"kind": "system"}),
            (4.0, "false", {}),
        ):
            row: dict[str, Any] = {"raised_at": ago(days), "judgement": judgement, "state": "closed", **more}
            await make_alarm(session, scene.site, pressure, **row)
        await made(
            session,
            MaintenanceRecord(
                site_id=scene.site.id, equipment_id=scene.reactor.id, summary="换表", done_on=ago(4).date()
            ),
        )
    judged = await counted(database, scene, "judged_true")
    assert (judged.counted, judged.base) == (2, 3)
    waiting = await counted(database, scene, "unjudged")
    assert (waiting.counted, waiting.base) == (1, 5), "the one of yesterday may still be judged"


async def test_response_is_timed_from_raised_to_acknowledged_to_judged_to_closed(
    database: Database, scene: Scene
) -> None:
    async with database.session() as session:
        for minutes in (2, 4, 9):
            at = ago(3)
            row: dict[str, Any] = {
                "raised_at": at,
                "acknowledged_at": at + timedelta(minutes=minutes),
                "judged_at": at + timedelta(minutes=minutes + 10),
                "closed_at": at + timedelta(minutes=minutes + 30),
                "state": "closed",
            }
            await make_alarm(session, scene.site, scene.points["flow"], **row)
        await make_alarm(session, scene.site, scene.points["flow"], raised_at=ago(2))
    found = {name: await counted(database, scene, name) for name in ("acknowledged", "disposed", "ended")}
    assert {name: (one.value, one.n, one.base) for name, one in found.items()} == {
        "acknowledged": (240.0, 3, 4),
        "disposed": (600.0, 3, 3),
        "ended": (34 * 60.0, 3, 4),
    }


async def test_an_incident_was_identified_if_something_stood_there_a_day_before(
    database: Database, scene: Scene
) -> None:
    async with database.session() as session:
        for place, days in ((scene.pump, 10.0), (scene.reactor, 10.0), (scene.reactor, 2.0)):
            await _broken_out(session, scene, place.id, ago(days))
        await rectified(session, scene, 11, 5, 6)
        row: dict[str, Any] = {"raised_at": ago(10.5), "warning": True, "state": "closed"}
        near = await make_alarm(session, scene.site, scene.points["pressure"], **row)
        await _reported(session, scene, "worker")
        await _reported(session, scene, "officer")
    found = await counted(database, scene, "identified")
    assert (found.counted, found.base) == (3, 4), "half a day before is too late for the first at the reactor"
    staff = await counted(database, scene, "found_by_staff")
    assert (staff.counted, staff.base) == (1, 2)
    async with database.session() as session:
        first = await session.scalar(text("SELECT min(id) FROM incident WHERE site_id = :s"), {"s": scene.site.id})
        row = {"incident_id": first, "kind": "alarm", "source_id": near.id, "at": ago(10)}
        await made(session, IncidentSource(site_id=scene.site.id, **row))
    warned, lead = [await counted(database, scene, name) for name in ("forewarned", "lead")]
    assert (warned.counted, warned.base) == (1, 3)
    assert lead.value == 12 * 3600


async def _listed(session: Any, scene: Scene, place: dict[str, Any], days: float, **more: Any) -> HazardSource:
    """A risk point that was graded and held by a measure so many days ago."""
    row: dict[str, Any] = {
        "code": unique("R-"),
        "name": "泵房",
        "kind": "facility",
        "control": "team",
        "origin": "hand",
    }
    since = {"site_id": scene.site.id, "created_at": ago(days)}
    point = await made(session, RiskPoint(**since, **row, **place))
    source = await made(session, HazardSource(**since, risk_point_id=point.id, name="泄漏"))
    grading = {"source_id": source.id, "residual": True, "method": "direct", "level": "general"}
    await made(session, RiskGrading(**{**since, "created_at": ago(more.get("graded", days))}, **grading))
    ended = ago(more["dropped"]) if "dropped" in more else None
    measure = {"source_id": source.id, "kind": "engineering", "words": "密封", "dropped_at": ended}
    await made(session, ControlMeasure(**since, **measure))
    return source


async def test_a_risk_point_that_was_graded_and_held_a_day_before_is_known_and_told_apart(
    database: Database, scene: Scene
) -> None:
    """Pump at 10 d: listed since 12 d. Reactor at 10 d: graded too late, at 9 d; at 2 d: graded, but its measure was
    dropped at 3 d. An area without equipment at 5 d: its own point. So 2 of 4, both known by the list alone; when the
    pump had a warning too, it is 2 of 4 still and by the list alone 1."""
    async with database.session() as session:
        for place, days in ((scene.pump, 10.0), (scene.reactor, 10.0), (scene.reactor, 2.0)):
            await _broken_out(session, scene, place.id, ago(days))
        area = {"equipment_id": None, "area_id": scene.area.id}
        await _broken_out(session, scene, None, ago(5), area_id=scene.area.id)
        await _listed(session, scene, {"equipment_id": scene.pump.id, "area_id": scene.area.id}, 12)
        await _listed(session, scene, {"equipment_id": scene.reactor.id}, 30, graded=9, dropped=3)
        await _listed(session, scene, area, 6.5)
    assert (await _share(database, scene, "identified"), await _share(database, scene, "known_by_list")) == (
        (2, 4),
        (2, 4),
    )
    async with database.session() as session:
        row: dict[str, Any] = {"raised_at": ago(11.5), "warning": True, "state": "closed"}
        await make_alarm(session, scene.site, scene.points["flow"], **{**row, "equipment_id": scene.pump.id})
    assert (await _share(database, scene, "identified"), await _share(database, scene, "known_by_list")) == (
        (2, 4),
        (1, 4),
    )
    async with database.session() as session:
        incidents = await session.execute(
            text("SELECT id, equipment_id FROM incident WHERE site_id = :s ORDER BY id"), {"s": scene.site.id}
        )
        pump, _, _, area_only = [row.id for row in incidents]
        known = await known_by(session, scene.people["manager"], [("incident", id_) for id_ in (pump, area_only)])
    assert known[("incident", pump)].url.startswith("/alarms/"), "a live warning is named before a static list"
    assert known[("incident", area_only)].url.startswith("/risks/")


async def test_a_retired_risk_point_is_not_known_any_more_and_the_roll_up_follows(
    database: Database, scene: Scene
) -> None:
    async with database.session() as session:
        await _broken_out(session, scene, scene.pump.id, ago(2))
        source = await _listed(session, scene, {"equipment_id": scene.pump.id}, 30)
    assert await _share(database, scene, "identified") == (1, 1)
    async with database.session() as session:
        retired = {"at": ago(3), "id": source.risk_point_id}
        await session.execute(text("UPDATE risk_point SET retired_at = :at WHERE id = :id"), retired)
    assert await _share(database, scene, "identified") == (0, 1)


async def _share(database: Database, scene: Scene, measure: str) -> tuple[int, int]:
    found = await counted(database, scene, measure)
    return found.counted, found.base


async def _broken_out(session: Any, scene: Scene, equipment_id: int | None, at: datetime, **more: Any) -> Incident:
    row: dict[str, Any] = {"number": unique("SJ-"), "kind": "near_miss", "level": "general", "title": "漏"}
    row |= {"title_en": "leak", "equipment_id": equipment_id, "began_at": at, "opened_at": at, **more}
    return await made(session, Incident(site_id=scene.site.id, **row))


async def _reported(session: Any, scene: Scene, who: str) -> HazardReport:
    row: dict[str, Any] = {"number": unique("SB-"), "details": "漏", "factor": "object", "level": "general"}
    row |= {"equipment_id": scene.pump.id, "reporter_id": scene.people[who].person_id, "state": "accepted"}
    return await made(session, HazardReport(site_id=scene.site.id, created_at=ago(1), **row))


async def test_a_visit_counts_when_its_time_is_over_and_a_late_one_is_made_up(database: Database, scene: Scene) -> None:
    async with database.session() as session:
        post = await make_post(session, scene.site)
        site: dict[str, Any] = {"site_id": scene.site.id}
        plan = await made(
            session, InspectionPlan(**site, name="巡检", post_id=post.id, rhythm="shift", begins_at=ago(9))
        )
        stop = await made(session, InspectionStop(**site, plan_id=plan.id, equipment_id=scene.pump.id))
        for n, state in enumerate(("done", "done", "missed", "made_up")):
            await _visit(session, plan, stop, ago(8 - n), state)
        await _visit(session, plan, stop, ago(-0.1), "done")
    found = await counted(database, scene, "checked")
    assert (found.counted, found.base) == (2, 4)
    late = await counted(database, scene, "made_up")
    assert (late.counted, late.base) == (1, 2)
    assert (await counted(database, scene, "checked", Scope("area", scene.area.id))).base == 4
    assert (await counted(database, scene, "checked", who="leader")).base == 4
    assert (await counted(database, scene, "checked", who="rival")).value is None, "another team's leader sees none"


async def _visit(session: Any, plan: InspectionPlan, stop: InspectionStop, closes: datetime, state: str) -> None:
    row: dict[str, Any] = {"plan_id": plan.id, "stop_id": stop.id, "post_id": plan.post_id, "state": state}
    row |= {"opens_at": closes - timedelta(hours=4), "closes_at": closes}
    await made(session, InspectionVisit(site_id=plan.site_id, **row))


async def test_a_trace_is_right_when_the_first_is_what_a_person_confirmed(database: Database, scene: Scene) -> None:
    def result(*keys: str) -> str:
        listed = ",".join(f'{{"key": "{key}", "contributes": false, "probability": 0.3}}' for key in keys)
        return f'{{"fused": [{listed}], "causes": []}}'

    ranked = ["equipment:1/a", "equipment:2/b", "equipment:3/c", "equipment:4/d"]
    insert = text(
        "INSERT INTO trace(site_id, group_id, origin, stage, asked_for, revision, window_from, window_to, result, "
        "confirmed_node, confirmed_at, confirmation_note) SELECT :site, g.id, 'alarm', 'live', '', 1, :at, :at, "
        "CAST(:result AS jsonb), :node, :at, '' FROM g"
    ).text
    async with database.session() as session:
        for node in ("equipment:1/a", "equipment:1", "equipment:3/c", "equipment:4/d", "other"):
            grouped = f"WITH g AS (INSERT INTO alarm_group(site_id) VALUES (:site) RETURNING id) {insert}"
            values = {"site": scene.site.id, "at": ago(3), "result": result(*ranked), "node": node}
            await session.execute(text(grouped), values)
    found = {name: await counted(database, scene, name) for name in ("traced_first", "traced_three", "traced_blind")}
    assert {name: (one.counted, one.base) for name, one in found.items()} == {
        "traced_first": (2, 5),
        "traced_three": (3, 5),
        "traced_blind": (0, 5),
    }


async def test_training_is_measured_against_posts_that_were_not_trained(database: Database, scene: Scene) -> None:
    async with database.session() as session:
        ids: Mapping[str, int] = await _trained(session, scene)
        for equipment, days in ((scene.pump, (190, 180, 170, 60)), (scene.reactor, (185, 175, 65, 55))):
            for at in days:
                row: dict[str, Any] = {"raised_at": ago(at), "equipment_id": equipment.id, "state": "closed"}
                await make_alarm(session, scene.site, None, **row)
    assert ids
    found = await counted(database, scene, "trained")
    assert (found.counted, found.base) == (1, 3)
    assert found.value == -2.0, "three before and one after, beside two and two at the post without"


async def _trained(session: Any, scene: Scene) -> Mapping[str, int]:
    """The pump's post passed a course 110 days ago, the reactor's never did."""
    site, posts = scene.site, [await make_post(session, scene.site) for _ in range(2)]
    for post, equipment, who in zip(posts, (scene.pump, scene.reactor), ("worker", "stranger"), strict=True):
        await session.execute(
            text("UPDATE equipment SET owner_post_id = :post, equipment_class = 'pump' WHERE id = :id"),
            {"post": post.id, "id": equipment.id},
        )
        await session.execute(
            text("INSERT INTO post_holder(site_id, post_id, person_id) VALUES (:s, :post, :person)"),
            {"s": site.id, "post": post.id, "person": scene.people[who].person_id},
        )
    return dict(
        (
            await session.execute(
                text(
                    "WITH c AS (INSERT INTO course(site_id, code, title, title_en, version) "
                    "VALUES (:s, :code, '泵', '', 1) RETURNING id), "
                    "v AS (INSERT INTO course_version(site_id, course_id, number, content) "
                    "SELECT :s, id, 1, '{}' FROM c RETURNING id, course_id), "
                    "r AS (INSERT INTO training_cause_rule(site_id, course_id, equipment_class, word, due_days, "
                    "made_by) "
                    "SELECT :s, id, 'pump', '', 7, :p FROM c) "
                    "INSERT INTO quiz_attempt(site_id, course_id, version_id, person_id, seed, submitted_at, answers, "
                    "passed_at, ahead) SELECT :s, course_id, id, :p, 1, :at, '{}', :at, false FROM v "
                    "RETURNING course_id, id"
                ),
                {"s": site.id, "code": unique("c"), "p": scene.worker.person_id, "at": ago(110)},
            )
        )
        .mappings()
        .one()
    )
