"""People decide, see beforehand what it does, and take it back: figures follow, and stand as before afterwards."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from backend.checkins.models import InspectionPlan, InspectionStop, InspectionVisit
from backend.core.clock import holding, now
from backend.core.database import Database
from backend.core.errors import Conflict, Invalid, NotFound
from backend.core.events import Event
from backend.exclusions.models import Exclusion, RecordKind
from backend.exclusions.queries import exclusion_of
from backend.governance.cleaning import commands
from backend.governance.cleaning.effects import effect_of
from backend.governance.cleaning.models import CaseState, CleaningCase
from backend.identity.actor import Actor
from backend.identity.models import AuditEntry
from backend.identity.permissions import Forbidden
from backend.identity.queries.standing import stands_at
from backend.operations.indicators.queries.recounting import sums_now
from backend.operations.indicators.registry import MEASURES
from backend.operations.indicators.rolling import roll_up
from backend.operations.indicators.windows import USUAL_PERIOD, window_of
from backend.telemetry.quality.models import SourceDay
from backend.telemetry.quality.rolling import roll_quality
from tests.factories import made, make_alarm, make_post
from tests.governance.cleaning.suspects import (
    GOOD,
    LEAK_AGAIN,
    RAIL,
    STUCK,
    cases,
    checked_in,
    counted,
    looked,
    rectified,
    reported,
    sent,
)
from tests.incidents.scene import Scene

EXCLUDED, KEPT = CaseState.EXCLUDED, CaseState.KEPT


async def decided(database: Database, actor: Actor, case_id: int, state: CaseState = EXCLUDED, **how: Any) -> None:
    async with database.session() as session:
        await commands.decide(session, actor, case_id, state, **how)


async def undone(database: Database, actor: Actor, case_id: int) -> None:
    async with database.session() as session:
        await commands.undo(session, actor, case_id)


async def out(database: Database, scene: Scene) -> set[tuple[str, int]]:
    """What is excluded now."""
    async with database.session() as session:
        found = await session.scalars(
            select(Exclusion).where(col(Exclusion.site_id) == scene.site.id, col(Exclusion.lifted_at).is_(None))
        )
        return {(one.kind, one.record_id) for one in found}


async def figures(database: Database, scene: Scene) -> dict[str, tuple[int, int]]:
    """Every measure counted straight from its facts."""
    async with database.session() as session:
        window = window_of(USUAL_PERIOD, now().astimezone(scene.officer.zone).date())
        sums = await sums_now(session, scene.officer, list(MEASURES), window, now())
        return {code: (one.counted, one.base) for code, one in sums.items()}


async def rolled(database: Database, scene: Scene, *, everything: bool = False) -> Sequence[Any]:
    """The roll-up after the worker's round."""
    async with database.session() as session:
        await roll_up(session, scene.site.id, everything=everything)
        rows = text(
            "SELECT team_id, dimension, measure, day, member_id, members, counted, base, seconds FROM indicator_day "
            "WHERE site_id = :site ORDER BY 1, 2, 3, 4, 5"
        )
        return (await session.execute(rows, {"site": scene.site.id})).all()


async def effect(database: Database, scene: Scene, case_id: int, state: CaseState = EXCLUDED) -> dict[str, Any]:
    """What the page says before: measure's words → its numbers before and after."""
    async with database.session() as session:
        case = await session.get_one(CleaningCase, case_id)
        moves = await effect_of(session, scene.officer, [case], state)
        pairs = {one.measure: (one.before, one.after) for one in moves.moved}
        return {words: tuple((one.counted, one.base) for one in pair) for words, pair in pairs.items()}


async def _two_reports(database: Database, scene: Scene) -> CleaningCase:
    await reported(database, scene, RAIL)
    await reported(database, scene)
    await reported(database, scene, LEAK_AGAIN)
    await looked(database, scene)
    (case,) = await cases(database, scene)
    return case


async def _two_rectifications(database: Database, scene: Scene) -> CleaningCase:
    await rectified(database, scene, "护栏松动")
    await rectified(database, scene, "一号泵机封漏油")
    await rectified(database, scene, "一号泵机封漏油严重")
    await looked(database, scene)
    (case,) = await cases(database, scene)
    return case


async def _stuck(database: Database, scene: Scene) -> CleaningCase:
    """A point that stood still and raised an alarm which was judged false; another alarm was true."""
    since = now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=4)
    await sent(database, scene, since, [(4.2, STUCK)] * 60 + [(4.0, GOOD)])
    async with database.session() as session:
        for minutes, judged in ((30, "false"), (90, "true")):
            at = since + timedelta(minutes=minutes)
            said = {"raised_at": at, "reading_at": at, "warning": True, "judgement": judged, "closed_at": now()}
            await make_alarm(session, scene.site, scene.points["pressure"], **said, state="closed", active=False)
    await counted(database, scene)
    await looked(database, scene)
    (case,) = await cases(database, scene)
    return case


async def _two_check_ins(database: Database, scene: Scene) -> CleaningCase:
    """Each proves a visit of its own."""
    at = now() - timedelta(minutes=50)
    async with database.session() as session:
        site, post = scene.site, await make_post(session, scene.site)
        row = InspectionPlan(site_id=site.id, name="巡检", post_id=post.id, rhythm="shift", begins_at=now())
        plan = await made(session, row)
        stop = await made(session, InspectionStop(site_id=site.id, plan_id=plan.id, equipment_id=scene.pump.id))
        visits = []
        for hours in (2, 1):
            opens = now() - timedelta(hours=hours)
            one = InspectionVisit(
                site_id=site.id, plan_id=plan.id, stop_id=stop.id, post_id=post.id, opens_at=opens,
                closes_at=opens + timedelta(minutes=50), state="done",
            )  # fmt: skip
            visits.append((await made(session, one)).id)
    for n, visit in enumerate(visits):
        await checked_in(database, scene, at + timedelta(minutes=3 * n), visit_id=visit)
    await looked(database, scene)
    (case,) = await cases(database, scene)
    return case


Making = Callable[[Database, Scene], Awaitable[CleaningCase]]


@pytest.mark.parametrize(
    ("making", "moved"),
    [
        (_two_reports, {"由一线发现的隐患": ((3, 3), (2, 2)), "通过数据清洗的记录": ((3, 3), (2, 3))}),
        (_two_rectifications, {"已验收销号的整改": ((0, 3), (0, 2))}),
        (
            _stuck,
            {
                "判为属实的预警": ((1, 2), (1, 1)),
                "从发生到确认": ((0, 2), (0, 1)),
                "从发生到关闭": ((2, 2), (1, 1)),
            },
        ),
        (_two_check_ins, {"按时完成的巡检": ((2, 2), (1, 1)), "通过数据清洗的记录": ((2, 2), (1, 2))}),
    ],
)
async def test_the_effect_told_before_is_what_happens_and_is_undone_with_the_decision(
    database: Database, scene: Scene, making: Making, moved: dict[str, Any]
) -> None:
    case = await making(database, scene)
    with holding(now()):
        before, days = await figures(database, scene), await rolled(database, scene)
        told = await effect(database, scene, case.id)
        assert await figures(database, scene) == before, "what was tried is gone"
        assert await out(database, scene) == set()
        await decided(database, scene.officer, case.id)
        after = await figures(database, scene)
        assert told == moved
        measures = {code: MEASURES[code].words for code in before if before[code] != after[code]}
        assert {words: (before[code], after[code]) for code, words in measures.items()} == moved
        assert await rolled(database, scene) == await rolled(database, scene, everything=True)
        await undone(database, scene.officer, case.id)
        assert await figures(database, scene) == before
        assert await rolled(database, scene) == days


async def test_values_that_are_excluded_are_invalid_for_their_source_kept_ones_valid(
    database: Database, scene: Scene
) -> None:
    case = await _stuck(database, scene)

    async def valid() -> int:
        async with database.session() as session:
            await roll_quality(session, scene.site.id)
        async with database.session() as session:
            days = await session.scalars(select(SourceDay).where(col(SourceDay.site_id) == scene.site.id))
            return sum(day.valid for day in days)

    assert await valid() == 1
    await decided(database, scene.officer, case.id, KEPT)
    assert await valid() == 61
    await undone(database, scene.officer, case.id)
    assert await valid() == 1


async def test_an_alarm_that_excluded_values_raised_says_so_until_it_is_taken_back(
    database: Database, scene: Scene
) -> None:
    case = await _stuck(database, scene)
    await decided(database, scene.officer, case.id)
    ((kind, alarm_id),) = await out(database, scene)
    assert kind == RecordKind.ALARM
    async with database.session() as session:
        by = await exclusion_of(session, scene.officer, RecordKind.ALARM, alarm_id)
        assert by is not None
        assert by.case_id == case.id
    await undone(database, scene.officer, case.id)
    async with database.session() as session:
        assert await exclusion_of(session, scene.officer, RecordKind.ALARM, alarm_id) is None


async def test_of_repeated_reports_the_one_that_somebody_chose_stays(database: Database, scene: Scene) -> None:
    case = await _two_reports(database, scene)
    _, first, second = await _reports(database, scene)
    await decided(database, scene.officer, case.id, kept_id=second)
    assert await out(database, scene) == {("report", first)}
    await undone(database, scene.officer, case.id)
    await decided(database, scene.officer, case.id)
    assert await out(database, scene) == {("report", second)}


async def _reports(database: Database, scene: Scene) -> list[int]:
    async with database.session() as session:
        rows = text("SELECT id FROM hazard_report WHERE site_id = :site ORDER BY id")
        return list(await session.scalars(rows, {"site": scene.site.id}))


async def test_a_record_that_is_not_of_the_case_cannot_be_the_one_that_stays(database: Database, scene: Scene) -> None:
    case = await _two_reports(database, scene)
    with pytest.raises(Invalid) as refused:
        await decided(database, scene.officer, case.id, kept_id=(await _reports(database, scene))[0])
    assert "kept_id" in refused.value.fields


async def test_what_two_cases_exclude_counts_again_once_both_are_taken_back(database: Database, scene: Scene) -> None:
    case = await _two_reports(database, scene)
    async with database.session() as session:
        again = CleaningCase(
            site_id=scene.site.id, suspicion="late", subject="reports", key="late:again", since=case.since,
            until=case.until, count=1, concerns=1, evidence={"latest_s": 90000}, source="reports",
        )  # fmt: skip
        await made(session, again)
        record = {"site": scene.site.id, "case": again.id, "id": (await _reports(database, scene))[2]}
        await session.execute(
            text(
                "INSERT INTO cleaning_record(site_id, case_id, suspicion, kind, record_id, suspect)"
                " VALUES (:site, :case, 'late', 'report', :id, true)"
            ),
            record,
        )
    for one in (case.id, again.id):
        await decided(database, scene.officer, one)
    await undone(database, scene.officer, case.id)
    assert await out(database, scene) == {("report", record["id"])}
    await undone(database, scene.officer, again.id)
    assert await out(database, scene) == set()


async def test_who_may_decide(database: Database, scene: Scene) -> None:
    case = await _two_reports(database, scene)
    for actor, why in ((scene.worker, Forbidden), (scene.manager, Forbidden), (scene.rival, NotFound)):
        with pytest.raises(why):
            await decided(database, actor, case.id)
        with pytest.raises(why):
            await undone(database, actor, case.id)
    await decided(database, scene.leader, case.id)


async def test_nobody_decides_what_becomes_of_their_own_records(database: Database, scene: Scene) -> None:
    await reported(database, scene)
    await reported(database, scene, LEAK_AGAIN, reporter_id=scene.leader.person_id)
    await looked(database, scene)
    (case,) = await cases(database, scene)
    with pytest.raises(Conflict):
        await decided(database, scene.leader, case.id)
    assert await out(database, scene) == set()
    await decided(database, scene.officer, case.id)
    with pytest.raises(Conflict):
        await undone(database, scene.leader, case.id)
    assert await out(database, scene) != set()


async def test_what_came_after_somebody_looked_is_looked_at_before_it_is_excluded(
    database: Database, scene: Scene
) -> None:
    case = await _two_reports(database, scene)
    await reported(database, scene, LEAK_AGAIN + "了", created_at=now() - timedelta(minutes=5))
    await looked(database, scene)
    with pytest.raises(Conflict):
        await decided(database, scene.officer, case.id, seen=case.count)
    assert await out(database, scene) == set()
    (grown,) = await cases(database, scene)
    assert grown.count == case.count + 1
    await decided(database, scene.officer, case.id, seen=grown.count)
    assert len(await out(database, scene)) == 2


async def test_what_is_decided_is_decided_once_and_taken_back_once(database: Database, scene: Scene) -> None:
    case = await _two_reports(database, scene)
    with pytest.raises(Conflict):
        await undone(database, scene.officer, case.id)
    await decided(database, scene.officer, case.id, KEPT, note=" 两个漏点 ")
    with pytest.raises(Conflict):
        await decided(database, scene.officer, case.id)
    await undone(database, scene.officer, case.id)
    with pytest.raises(Conflict):
        await undone(database, scene.officer, case.id)


async def test_both_are_written_down_and_told(database: Database, scene: Scene) -> None:
    case = await _two_reports(database, scene)
    await decided(database, scene.officer, case.id, note=" 同一个漏点 ")
    await undone(database, scene.admin, case.id)
    async with database.session() as session:
        about = (col(AuditEntry.site_id) == scene.site.id, col(AuditEntry.object_type) == "cleaning_case")
        entries = (await session.scalars(select(AuditEntry).where(*about).order_by(col(AuditEntry.id)))).all()
        assert [one.action for one in entries] == ["cleaning.decided", "cleaning.taken_back"]
        assert entries[0].change["note"] == ["", "同一个漏点"]
        told = select(Event).where(col(Event.site_id) == scene.site.id, col(Event.subject) == "cleaning")
        events = (await session.scalars(told.order_by(col(Event.id)))).all()
        assert [(one.kind, one.actor_id) for one in events] == [
            ("cleaning.decided", scene.officer.person_id),
            ("cleaning.taken_back", scene.admin.person_id),
        ]


async def test_pages_that_were_kept_are_drawn_anew_after_each_of_them(database: Database, scene: Scene) -> None:
    case = await _two_reports(database, scene)

    async def mark() -> Any:
        async with database.session() as session:
            return await stands_at(session, scene.manager)

    before = await mark()
    await decided(database, scene.officer, case.id)
    excluded = await mark()
    await undone(database, scene.officer, case.id)
    assert len({before, excluded, await mark()}) == 3


async def test_several_are_decided_alike_or_not_at_all(database: Database, scene: Scene) -> None:
    await _two_reports(database, scene)
    await rectified(database, scene, "一号泵机封漏油", created_at=now())
    await rectified(database, scene, "一号泵机封漏油严重", created_at=now())
    await looked(database, scene)
    ids = [case.id for case in await cases(database, scene)]
    assert len(ids) == 2
    with pytest.raises(NotFound):
        async with database.session() as session:
            await commands.decide_many(session, scene.officer, [*ids, 2**40], KEPT)
    assert {case.state for case in await cases(database, scene)} == {"open"}
    async with database.session() as session:
        assert await commands.decide_many(session, scene.officer, ids, EXCLUDED) == 2
    assert {kind for kind, _ in await out(database, scene)} == {"report", "rectification"}


async def test_a_check_in_that_repeats_another_unmakes_no_visit_that_the_first_proved(
    database: Database, scene: Scene
) -> None:
    case = await _two_check_ins(database, scene)
    await decided(database, scene.officer, case.id)
    assert {kind for kind, _ in await out(database, scene)} == {"checkin", "visit"}
    await undone(database, scene.officer, case.id)
    async with database.session() as session:
        first = "(SELECT min(visit_id) FROM check_in WHERE site_id = :s)"
        same = text(f"UPDATE check_in SET visit_id = {first} WHERE site_id = :s")
        await session.execute(same, {"s": scene.site.id})
    await decided(database, scene.officer, case.id)
    assert {kind for kind, _ in await out(database, scene)} == {"checkin"}
