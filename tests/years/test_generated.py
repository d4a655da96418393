"""What ``scripts.years`` writes is what the product itself could have written: replayed through its own rules."""

from collections import Counter, defaultdict
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from backend.alarms import lifecycle
from backend.alarms.models import Alarm, AlarmState, Level
from backend.checkins.lifecycle import is_late, state_after
from backend.checkins.models import CheckIn, CheckInAnswer, InspectionVisit, VisitState
from backend.checkins.schedule import Window
from backend.core.clock import holding
from backend.core.database import Database
from backend.core.events import Cursor, Event, read_events
from backend.governance.cleaning.models import CleaningCase
from backend.governance.cleaning.rounds import look_through
from backend.hazards import lifecycle as rectifying
from backend.hazards.models import Rectification, RectificationEntry, RectificationState
from backend.identity.models import Person, Role, Site
from backend.lessons.models import Suggestion, SuggestionKind
from backend.operations.alarmload.overview import asked_of, overview
from backend.operations.decisions.making import find_out
from backend.operations.distribution.queries.stock import graded_areas, stock
from backend.operations.riskmap.queries import areas, standings, still_levels
from backend.risks.codes import highest
from backend.risks.grading import Bands, Graded, grade
from backend.risks.models import HazardSource, RiskGrading, RiskPoint
from backend.risks.queries.board import board
from backend.risks.queries.whole import score_of
from backend.risks.terms import PointTerms, SourceTerms, check, of
from backend.telemetry.models import Quality
from backend.telemetry.quality.models import SourceDay
from backend.telemetry.quality.rolling import roll_quality
from backend.training.content import read_content
from backend.training.models import CauseRule, CourseVersion
from scripts.years.filling import Taken, fill
from tests.factories import actor_for
from tests.years.conftest import UNTIL, wanted

KEPT = """
SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name IN
('alarm', 'rectification', 'inspection_visit', 'check_in_answer', 'incident', 'quiz_attempt', 'maintenance_record',
'weather_hour', 'trace', 'incident_lapse', 'risk_point', 'hazard_source', 'risk_grading', 'control_measure')
AND data_type NOT IN ('bigint', 'integer') ORDER BY 1, 2
"""


async def all_of(database: Database, model: Any) -> list[Any]:
    """Every row, in order."""
    async with database.session() as session:
        return list(await session.scalars(select(model).order_by(model.id)))


async def test_the_same_seed_makes_the_same_rows_beside_each_other_and_never_touches_a_site_that_is_there(
    database: Database,
) -> None:
    async with database.session() as session:
        await fill(session, wanted("second"), lambda _: None)
    columns = defaultdict(list)
    async with database.session() as session:
        for table, column in await session.execute(text(KEPT)):
            columns[table].append(column)
        sites = await session.execute(select(Site).order_by(col(Site.id)))
        first, second = [site for site in sites.scalars() if site.code in {"first", "second"}]
        assert first.sample and "样例" in first.name and "Generated" in first.name_en
        for table, names in columns.items():
            # What names an id (a key of a trace, of a condition) differs by the ids alone.
            told = [name for name in names if name not in {"result", "condition_key", "confirmed_node", "first_named"}]
            asked = f"SELECT {', '.join(told)} FROM {table} WHERE site_id = :site ORDER BY " + (
                "hour" if table == "weather_hour" else "id"
            )
            found = [(await session.execute(text(asked), {"site": one.id})).all() for one in (first, second)]
            assert found[0] == found[1] and found[0], table
        with pytest.raises(Taken):
            await fill(session, wanted("first"), lambda _: None)


async def test_alarms_stand_as_their_states_say_and_no_condition_is_open_twice(database: Database) -> None:
    alarms = await all_of(database, Alarm)
    assert len(alarms) % 400 == 0
    free: dict[str, Any] = {}
    for one in alarms:
        assert one.raised_at <= UNTIL and (one.condition_key not in free or free[one.condition_key] < one.raised_at)
        free[one.condition_key] = one.closed_at or UNTIL
        facts = lifecycle.first(Level(one.level), one.latched, one.raised_at)
        steps: list[lifecycle.Step] = []
        if one.acknowledged_at is not None:
            steps.append(lifecycle.Acknowledge(one.acknowledged_by, one.acknowledged_at))
        if one.returned_at is not None:
            steps.append(lifecycle.Return(one.returned_at))
        if one.closed_by is not None:
            steps.append(lifecycle.Close(one.closed_by, one.closed_at))
        for step in sorted(steps, key=lambda step: step.at):  # type: ignore[union-attr]
            after = lifecycle.step(facts, step)
            assert isinstance(after, lifecycle.Facts), after
            facts = after
        assert facts == lifecycle.facts_of(one)
        assert (one.judgement != "") == (one.judged_at is not None) and one.limit_value < one.value
    assert {AlarmState.CLOSED} < {one.state for one in alarms}, "some are open"


async def test_rectifications_went_as_their_rules_allow_with_the_times_of_their_steps(database: Database) -> None:
    people = {one.id: one for one in await all_of(database, Person)}
    entries = defaultdict(list)
    for entry in await all_of(database, RectificationEntry):
        entries[entry.rectification_id].append(entry)
    former = {one.id: one for one in await all_of(database, Rectification)}
    for one in former.values():
        steps = entries[one.id]
        assert [step.created_at for step in steps] == sorted(step.created_at for step in steps)
        assert steps[0].kind == "opened" and steps[0].created_at == one.created_at and steps[-1].created_at < UNTIL
        state, asked, handed = RectificationState.OPEN, None, None
        for step in steps[1:]:
            who = people[step.person_id]
            case = rectifying.Case(
                state, one.level, one.owner_id, people[one.owner_id].team_id, one.opened_by, handed, asked
            )
            taken = rectifying.Step(step.kind)
            state = rectifying.take(taken, case, rectifying.Somebody(who.id, Role(who.role), who.team_id))
            asked = step.person_id if taken is rectifying.Step.EXTENSION_ASKED else asked
            if taken in {rectifying.Step.EXTENDED, rectifying.Step.EXTENSION_REFUSED}:
                asked = None
            handed = step.person_id if taken is rectifying.Step.SUBMITTED else handed
        assert (one.state, one.extension_by, one.submitted_by, one.version) == (state, asked, handed, len(steps))
        assert (one.verified_at is not None) == (state == RectificationState.VERIFIED)
        if one.recurs_id is not None:
            before = former[one.recurs_id]
            assert before.equipment_id == one.equipment_id and before.verified_at <= one.created_at
            assert one.recurrence == before.recurrence + 1


async def test_visits_stand_as_their_check_ins_say_and_every_failed_answer_has_its_report(database: Database) -> None:
    visits = {one.id: one for one in await all_of(database, InspectionVisit)}
    answers = defaultdict(list)
    for answer in await all_of(database, CheckInAnswer):
        answers[answer.check_in_id].append(answer)
    seen = set()
    for one in await all_of(database, CheckIn):
        visit = visits[one.visit_id]
        window = Window(visit.opens_at, visit.closes_at)
        assert one.late == is_late(window, one.at) and visit.state == state_after(VisitState.DUE, window, one.at)
        assert one.failed == sum(answer.verdict == "failed" for answer in answers[one.id])
        assert all((answer.hazard_report_id is None) == (answer.verdict == "well") for answer in answers[one.id])
        assert one.at <= one.created_at <= UNTIL
        seen.add(visit.id)
    kept = {VisitState.DONE, VisitState.MADE_UP}
    assert all((visit.state in kept) == (visit.id in seen) for visit in visits.values())
    async with database.session() as session:
        orphans = "SELECT count(*) FROM check_in_answer a LEFT JOIN hazard_report r ON r.id = a.hazard_report_id"
        assert await session.scalar(text(f"{orphans} WHERE a.verdict = 'failed' AND r.origin_id <> a.id")) == 0


async def test_what_else_is_written_can_be_read_by_the_product(database: Database) -> None:
    for version in await all_of(database, CourseVersion):
        assert read_content(version.content).pass_mark
    async with database.session() as session:
        for wrong in (
            "SELECT count(*) FROM maintenance_plan p WHERE 1 <> (SELECT count(*) FROM maintenance_record r"
            " WHERE r.plan_id = p.id AND r.done_on IS NULL AND r.dropped_on IS NULL)",
            "SELECT count(*) FROM incident WHERE NOT (began_at <= opened_at AND opened_at <= contained_at"
            " AND contained_at <= closed_at) OR group_id IS NULL",
            "SELECT count(*) FROM incident WHERE accident <> '' AND closed_at IS NULL",
            "SELECT count(*) FROM incident i WHERE NOT EXISTS (SELECT FROM trace t WHERE t.group_id = i.group_id"
            " AND t.first_named LIKE 'equipment:' || i.equipment_id || '/%')",
            "SELECT count(*) FROM quiz_attempt WHERE submitted_at < started_at"
            " OR (score >= 80) <> (passed_at IS NOT NULL)",
            "SELECT count(*) FROM alarm_group g WHERE g.last_raised_at <> (SELECT max(raised_at) FROM alarm a"
            " WHERE a.group_id = g.id)",
            "SELECT count(*) FROM incident_lapse l JOIN inspection_visit v ON v.id = l.row_id WHERE v.state = 'done'",
        ):
            assert await session.scalar(text(wrong)) == 0, wrong


async def test_the_event_log_tells_each_alarms_life_and_calls_nobody_again(database: Database) -> None:
    alarms = {one.id: one for one in await all_of(database, Alarm)}
    told: dict[int, list[Event]] = defaultdict(list)
    events = sorted(await all_of(database, Event), key=lambda one: (one.site_id, one.id))
    assert events == sorted(events, key=lambda one: (one.site_id, one.at, one.id))
    for event in events:
        told[event.subject_id].append(event)
    assert told.keys() == alarms.keys()
    for id_, story in told.items():
        one, moments = alarms[id_], {event.kind: event.at for event in story}
        assert story[0].kind == "alarm.raised" and story[0].at == one.raised_at
        assert story[0].data["state"] == AlarmState.UNACKNOWLEDGED and story[0].site_id == one.site_id
        assert [event for event in story if not event.kind.startswith("alarm.judged")][-1].data["state"] == one.state
        assert moments.get("alarm.acknowledged") == one.acknowledged_at
        assert moments.get("alarm.returned") == one.returned_at and moments.get("alarm.closed") == one.closed_at
        assert moments.get(f"alarm.judged_{one.judgement}") == one.judged_at and len(moments) == len(story)
    async with database.session() as session:
        assert not (await read_events(session, Cursor())).events, "a reader that begins is told of none"


async def test_alarm_load_counts_what_was_generated(database: Database) -> None:
    async with database.session() as session:
        site = await session.scalar(select(Site).where(col(Site.code) == "first"))
        person = await session.scalar(select(Person).where(col(Person.account) == "first-manager1"))
        assert site is not None and person is not None
        asked = asked_of("90d", "", at=UNTIL)
        raised = [one for one in await all_of(database, Alarm) if one.site_id == site.id]
        found = await overview(session, await actor_for(session, person), asked, "90d")
    assert found.alarms == sum(asked.from_at <= one.raised_at < asked.to_at for one in raised) > 0


async def test_risk_points_stand_as_their_gradings_say_and_each_grading_as_its_scores(database: Database) -> None:
    given = defaultdict(list)
    for grading in await all_of(database, RiskGrading):
        assert grade(score_of(grading), Bands()) == Graded(grading.value, Level(grading.level))
        assert grading.created_at < UNTIL
        given[grading.source_id].append(grading)
    of_point = defaultdict(list)
    for source in await all_of(database, HazardSource):
        check(of(SourceTerms, source))
        history = given[source.id]
        assert [one.created_at for one in history] == sorted(one.created_at for one in history)
        newest = {one.residual: one.level for one in history}
        assert all((one.value or 0) <= (history[0].value or 0) for one in history), "measures make nothing worse"
        assert (source.inherent_level, source.residual_level) == (newest[False], newest[True])
        assert [bool(one.why) for one in history] == [False, False] + [True] * (len(history) - 2)
        assert len(history) >= 4, "three years: graded anew at least twice"
        of_point[source.risk_point_id].append(source)
    points = await all_of(database, RiskPoint)
    for point in points:
        check(of(PointTerms, point))
        sources = of_point[point.id]
        assert point.level == highest([one.residual_level for one in sources])
        assert point.version == 1 + sum(len(given[one.id]) for one in sources)
        assert (point.retired_at is None) == (point.retired_why == "")
    assert of_point.keys() == {point.id for point in points}
    assert {len(given[source.id]) for of_one in of_point.values() for source in of_one} > {4}, "and after incidents"


async def test_measures_name_what_checks_and_keeps_them_where_their_source_is(database: Database) -> None:
    async with database.session() as session:
        for wrong in (
            "SELECT count(*) FROM control_measure m JOIN inspection_plan p ON p.id = m.plan_id"
            " JOIN checklist l ON l.id = p.checklist_id WHERE m.site_id <> p.site_id"
            " OR NOT EXISTS (SELECT FROM jsonb_array_elements(l.items) i WHERE i ->> 'title' = m.check_item)",
            "SELECT count(*) FROM control_measure m JOIN hazard_source s ON s.id = m.source_id"
            " JOIN risk_point r ON r.id = s.risk_point_id JOIN maintenance_plan p ON p.id = m.maintenance_plan_id"
            " WHERE r.equipment_id IS DISTINCT FROM p.equipment_id",
            "SELECT count(*) FROM risk_point r LEFT JOIN equipment e ON e.id = r.equipment_id"
            " WHERE r.area_id <> COALESCE(e.area_id, r.area_id)",
            "SELECT count(*) FROM hazard_source WHERE jsonb_array_length(accidents) = 0",
        ):
            assert await session.scalar(text(wrong)) == 0, wrong
        held = "SELECT count(DISTINCT {}) FROM control_measure WHERE {} IS NOT NULL AND dropped_at IS NULL"
        for column in ("plan_id", "maintenance_plan_id", "post_id", "kind"):
            assert await session.scalar(text(held.format(column, column))) >= 5, column


async def test_the_pages_of_risks_agree_on_how_many_there_are_and_how_grave(database: Database) -> None:
    points = [one for one in await all_of(database, RiskPoint) if one.retired_at is None]
    async with database.session() as session:
        manager = await session.scalar(select(Person).where(col(Person.account) == "first-manager1"))
        assert manager is not None
        points = [one for one in points if one.site_id == manager.site_id]
        actor = await actor_for(session, manager)
        found, listed = await stock(session, actor, {}), await board(session, actor)
        still, said = await still_levels(session, actor), await graded_areas(session, actor)
        told = await standings(session, actor, await areas(session, actor))
    assert len(points) == found.total == len(listed) >= 15
    assert found.levels == Counter(one.level for one in points)
    assert sum(found.areas.values()) == found.total and None not in found.areas
    assert len(found.accidents) >= 8, "by kind of accident"
    per_area = defaultdict(list)
    for one in points:
        per_area[one.area_id].append(one.level)
    assert still == said == {area: highest(levels) for area, levels in per_area.items()}
    assert {area: one.still for area, one in told.items()} == still, "every area of the map stands at a level"


async def test_what_is_hidden_in_risks_and_courses_is_found_by_decisions(database: Database) -> None:
    async with database.session() as session:
        site = await session.scalar(select(col(Site.id)).where(col(Site.code) == "first"))
        assert site is not None
        unheld = "SELECT 'measure:source:' || s.id FROM hazard_source s JOIN risk_point p ON p.id = s.risk_point_id"
        unheld += " WHERE s.site_id = :site AND s.residual_level IN ('major', 'significant') AND p.retired_at IS NULL"
        unheld += " AND NOT EXISTS (SELECT FROM control_measure m WHERE m.source_id = s.id)"
        planted = set(await session.scalars(text(unheld), {"site": site}))
        with holding(UNTIL):
            await find_out(session, site)
        rows = await session.scalars(select(Suggestion).where(col(Suggestion.site_id) == site))
        made = defaultdict(list)
        for one in rows:
            made[one.kind].append(one)
        found = {one.key for one in made[SuggestionKind.MEASURE] if one.proposal["why"] == "none"}
        assert found == planted and planted, "grave sources that nothing holds"
        asked = {one.proposal["course_id"] for one in made[SuggestionKind.COURSE]}
        ruled = await session.scalars(select(col(CauseRule.course_id)).where(col(CauseRule.site_id) == site))
        assert asked and asked <= set(ruled)
        await session.rollback()


async def test_points_that_stand_still_are_found_by_cleaning_and_counted_for_their_gateway(database: Database) -> None:
    async with database.session() as session:
        site = await session.scalar(select(Site).where(col(Site.code) == "first"))
        assert site is not None
        flagged = "SELECT point_id, count(*) FROM reading WHERE site_id = :site AND quality & :stuck <> 0 GROUP BY 1"
        values = {"site": site.id, "stuck": int(Quality.STUCK)}
        planted = {point: count for point, count in await session.execute(text(flagged), values)}
        with holding(UNTIL):
            for _ in range(3):
                await roll_quality(session, site.id)
                await look_through(session, site.id, ZoneInfo(site.time_zone))
        stuck = select(CleaningCase).where(col(CleaningCase.site_id) == site.id, col(CleaningCase.suspicion) == "stuck")
        found = {one.point_id: one.count for one in await session.scalars(stuck)}
        assert planted and found == planted
        days = await session.scalars(select(SourceDay).where(col(SourceDay.site_id) == site.id))
        assert sum(one.stuck for one in days if one.family == "machine") == sum(planted.values())
        await session.rollback()
