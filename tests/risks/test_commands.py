"""Risk points in the database: levels follow gradings, history stays, lists are taken over only when told."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from backend.core.database import Database
from backend.core.errors import Conflict, Forbidden, Invalid
from backend.identity.models import AuditEntry, Role
from backend.risks import commands, queries
from backend.risks.commands.sheets import keep_sheet, preview, take_over
from backend.risks.grading import Bands, Method, Score
from backend.risks.models import ControlMeasure, RiskGrading, RiskPoint
from backend.risks.queries.whole import site_names
from backend.risks.sheets.book import open_book
from backend.risks.sheets.writing import write_lines
from backend.risks.terms import MeasureTerms, PointTerms, SourceTerms
from tests.factories import actor_for
from tests.risks.conftest import Plant

MAJOR = Score(Method.LEC, 3.0, 6.0, 40.0)
LOW = Score(Method.LEC, 0.5, 6.0, 15.0)


def reactor(plant: Plant, code: str = "R-01") -> PointTerms:
    return PointTerms(code, "反应釜", "equipment", "team", equipment_id=plant.reactor.id, post_id=plant.post.id)


async def test_a_points_level_is_the_highest_of_its_sources_and_every_grading_stays(
    database: Database, plant: Plant
) -> None:
    async with database.session() as session:
        actor = await actor_for(session, plant.leader)
        point = await commands.make_point(session, actor, reactor(plant))
        assert point.area_id == plant.area.id  # where the equipment stands
        hot = await commands.make_source(session, actor, point.id, SourceTerms("超温"))
        leak = await commands.make_source(session, actor, point.id, SourceTerms("泄漏"))
        await commands.grade_source(session, actor, hot.id, MAJOR, residual=False, why="")
        assert point.level == "major"  # nothing says that measures hold it
        await commands.grade_source(session, actor, hot.id, LOW, residual=True, why="")
        assert point.level == "low"
        await commands.grade_source(
            session, actor, leak.id, Score(Method.DIRECT, level="significant"), residual=True, why=""
        )
        assert point.level == "significant"
        with pytest.raises(Invalid) as refused:
            await commands.grade_source(session, actor, leak.id, LOW, residual=True, why=" ")
        assert "why" in refused.value.fields
        await commands.drop_source(session, actor, leak.id)
        assert point.level == "low"
        view = await queries.point_view(session, actor, point.id)
        assert [(one.level, one.residual) for one, _ in view.sources[0].gradings] == [("low", True), ("major", False)]


async def test_no_grading_can_be_changed_afterwards(database: Database, plant: Plant) -> None:
    async with database.session() as session:
        actor = await actor_for(session, plant.leader)
        point = await commands.make_point(session, actor, reactor(plant))
        source = await commands.make_source(session, actor, point.id, SourceTerms("超温"))
        await commands.grade_source(session, actor, source.id, MAJOR, residual=True, why="")
    with pytest.raises(DBAPIError):
        async with database.session() as session:
            await session.execute(text("UPDATE risk_grading SET level = 'low'"))


async def test_other_bands_grade_anew_and_only_an_officer_sets_them(database: Database, plant: Plant) -> None:
    async with database.session() as session:
        leader = await actor_for(session, plant.leader)
        point = await commands.make_point(session, leader, reactor(plant))
        source = await commands.make_source(session, leader, point.id, SourceTerms("超温"))
        await commands.grade_source(
            session, leader, source.id, Score(Method.LEC, 1.0, 6.0, 15.0), residual=True, why=""
        )
        assert point.level == "general"
        with pytest.raises(Forbidden):
            await commands.set_bands(session, leader, Bands(lec=(20.0, 70.0, 160.0)))
        officer = await actor_for(session, plant.people[Role.SAFETY_OFFICER])
        assert await commands.set_bands(session, officer, Bands(lec=(20.0, 70.0, 160.0))) == 1
        assert point.level == "significant"
        assert await commands.set_bands(session, officer, Bands(lec=(20.0, 70.0, 160.0))) == 0
        kept = await session.scalars(select(RiskGrading.level).where(col(RiskGrading.source_id) == source.id))
        assert list(kept) == ["general", "significant"]


async def test_codes_are_unique_and_two_who_change_at_once_don_t_overwrite_each_other(
    database: Database, plant: Plant
) -> None:
    async with database.session() as session:
        actor = await actor_for(session, plant.leader)
        point = await commands.make_point(session, actor, reactor(plant))
        with pytest.raises(Invalid) as refused:
            await commands.make_point(session, actor, reactor(plant))
        assert "code" in refused.value.fields
        await commands.change_point(session, actor, point.id, reactor(plant, "R-02"), version=1)
        with pytest.raises(Conflict):
            await commands.change_point(session, actor, point.id, reactor(plant, "R-03"), version=1)
        with pytest.raises(Invalid):
            await commands.retire_point(session, actor, point.id, "")
        await commands.retire_point(session, actor, point.id, "设备已拆除")
        assert await queries.board(session, actor) == []
        assert len(await queries.board(session, actor, retired=True)) == 1
        worker = await actor_for(session, plant.people[Role.WORKER])
        with pytest.raises(Forbidden):
            await commands.restore_point(session, worker, point.id)


async def test_the_whole_list_comes_back_unchanged_and_a_changed_one_only_when_told(
    database: Database, plant: Plant
) -> None:
    async with database.session() as session:
        actor = await actor_for(session, plant.leader)
        point = await commands.make_point(session, actor, reactor(plant))
        source = await commands.make_source(
            session, actor, point.id, SourceTerms("超温", "Too hot", ("fire",), "object")
        )
        await commands.grade_source(session, actor, source.id, MAJOR, residual=True, why="")
        terms = MeasureTerms("engineering", "联锁投用", "Trip in service", plant.post.id)
        measure = await commands.make_measure(session, actor, source.id, terms)
        lines = await queries.whole_list(session, actor, await site_names(session, actor))
        sheet = await keep_sheet(session, actor, "list.xlsx", open_book(write_lines(lines, Bands())))
        seen = await preview(session, actor, sheet.id)
        assert seen.difference.empty and sheet.troubles == []

        changed = write_lines([lines[0].__class__(**{**vars(lines[0]), "residual": LOW, "unit": "一车间"})], Bands())
        second = await keep_sheet(session, actor, "list.xlsx", open_book(changed))
        seen = await preview(session, actor, second.id)
        assert seen.difference.counts["regraded"] == seen.difference.counts["changed_points"] == 1
        await session.refresh(point)
        assert (point.level, point.unit) == ("major", "")  # nothing happened yet
        await take_over(session, actor, second.id)
        await session.refresh(point)
        assert (point.level, point.unit) == ("low", "一车间")
        view = await queries.point_view(session, actor, point.id)
        assert [one.level for one, _ in view.sources[0].gradings] == ["low", "major"]
        kept = (await session.scalars(select(ControlMeasure).where(col(ControlMeasure.source_id) == source.id))).all()
        assert [(one.id, one.words_en) for one in kept] == [(measure.id, "Trip in service")]
        with pytest.raises(Conflict):
            await take_over(session, actor, second.id)
        told = select(AuditEntry.id).where(
            col(AuditEntry.action) == "risk.import", col(AuditEntry.object_id) == second.id
        )
        assert await session.scalar(told)


async def test_rows_that_name_what_the_site_doesn_t_have_stay_out(database: Database, plant: Plant) -> None:
    async with database.session() as session:
        actor = await actor_for(session, plant.leader)
        await commands.make_point(session, actor, reactor(plant))
        lines = await queries.whole_list(session, actor, await site_names(session, actor))
        strange = lines[0].__class__(**{**vars(lines[0]), "code": "R-9", "source": "爆炸", "area": "月球"})
        sheet = await keep_sheet(session, actor, "x.xlsx", open_book(write_lines([lines[0], strange], Bands())))
        assert [(one["row"], one["values"]) for one in sheet.troubles] == [(5, {"said": "月球"})]
        await take_over(session, actor, sheet.id)
        codes = await session.scalars(select(RiskPoint.code).where(col(RiskPoint.site_id) == plant.site.id))
        assert list(codes) == ["R-01"]
