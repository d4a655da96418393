"""The roll-up: whatever comes, late or corrected, it is what counting everything anew gives."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hypothesis import Phase, example, given, settings
from sqlalchemy import text

from backend.checkins.models import InspectionPlan, InspectionStop
from backend.core.clock import holding
from backend.core.database import Database
from backend.operations.indicators.models import ROLL_UP_JOB
from backend.operations.indicators.rolling import plan_roll_ups, roll_up
from tests.factories import made, make_post
from tests.incidents.scene import Scene, set_scene
from tests.operations.indicator_history import BEGINS, Step, histories, take

_ALL = text(
    "SELECT team_id, dimension, measure, day, member_id, members, counted, base, seconds FROM indicator_day "
    "WHERE site_id = :site ORDER BY 1, 2, 3, 4, 5"
)


async def _rolled(database: Database, site_id: int) -> Sequence[Any]:
    async with database.session() as session:
        return (await session.execute(_ALL, {"site": site_id})).all()


async def _plant(database: Database) -> tuple[Scene, dict[str, int]]:
    async with database.session() as session:
        scene = await set_scene(session)
        site, post = scene.site, await make_post(session, scene.site)
        row = InspectionPlan(site_id=site.id, name="巡检", post_id=post.id, rhythm="shift", begins_at=BEGINS)
        plan = await made(session, row)
        stop = await made(session, InspectionStop(site_id=site.id, plan_id=plan.id, equipment_id=scene.pump.id))
        ids = {"plan": plan.id, "stop": stop.id, "post": post.id, "team": scene.leader.team_id or 0}
        return scene, ids


async def _lived(url: str, history: list[Step]) -> None:
    database = Database(url)
    try:
        scene, ids = await _plant(database)
        at = BEGINS
        for step in [*history, Step(history[0].pause, "alarm", history[0].back, 3, roll=True)]:
            at += step.pause
            with holding(at):
                async with database.session() as session:
                    await take(session, scene, ids, step, at)
                if step.roll:
                    async with database.session() as session:
                        await roll_up(session, scene.site.id)
        kept = await _rolled(database, scene.site.id)
        with holding(at):
            async with database.session() as session:
                await roll_up(session, scene.site.id, everything=True)
        anew = await _rolled(database, scene.site.id)
        assert kept == anew
    finally:
        await database.close()


def _step(what: str, back: int, *, pause: int = 1, roll: bool = True) -> Step:
    return Step(timedelta(hours=pause), what, timedelta(hours=back), 6, roll)


_A_POINT_COMES_AND_GOES = [
    _step("report", 1),
    _step("listed", 100),
    _step("put_elsewhere", 0),
    _step("report", 1, pause=75),
    _step("let_go", 0),
    _step("report", 0, pause=30),
    _step("let_go", 0),
    _step("retire", 26),
    _step("retire", 0),
    _step("drop_danger", 40),
]
"""A pump's risk point that is written down late, moved, let go of and taken up again, retired and put back."""


_RECORDS_ARE_TAKEN_OUT = [
    *(_step(what, 100) for what in ("alarm", "alarm", "report", "open", "visit", "incident", "sourced")),
    *(_step(what, 30) for what in ("checked_in", "stepped", "verify", "recur", "judge")),
    *(Step(timedelta(hours=1), "take_out", timedelta(), pick, True) for pick in range(5)),
    _step("counts_again", 0),
    _step("take_out_all", 0, pause=30),
    _step("report", 0, pause=30),
]
"""Of each kind one is excluded and some count again, so that what they were known by or recurred with changes too."""


@example(history=_RECORDS_ARE_TAKEN_OUT)
@example(history=[*_RECORDS_ARE_TAKEN_OUT, _step("all_count_again", 0)])
@example(history=_A_POINT_COMES_AND_GOES)
@settings(max_examples=25, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(history=histories())
def test_rolled_up_step_by_step_is_what_counting_anew_gives(database_url: str, history: list[Step]) -> None:
    asyncio.run(_lived(database_url, history))


async def test_a_round_that_dies_leaves_what_changed_to_the_next(database: Database, scene: Scene) -> None:
    with holding(BEGINS):
        async with database.session() as session:
            await roll_up(session, scene.site.id)
            await take(session, scene, {}, Step(BEGINS - BEGINS, "alarm", BEGINS - BEGINS, 1, roll=False), BEGINS)
        async with database.session() as session:
            await roll_up(session, scene.site.id)
            await session.rollback()
        assert await _rolled(database, scene.site.id) == []
        async with database.session() as session:
            await roll_up(session, scene.site.id)
        once = await _rolled(database, scene.site.id)
        assert once
        async with database.session() as session:
            await roll_up(session, scene.site.id)
        assert await _rolled(database, scene.site.id) == once


async def test_a_site_where_something_changed_is_queued_once(database: Database, scene: Scene) -> None:
    for _ in range(2):
        async with database.session() as session:
            await plan_roll_ups(session)
    async with database.session() as session:
        queued = await session.scalar(
            text("SELECT count(*) FROM job WHERE kind = :kind AND site_id = :site"),
            {"kind": ROLL_UP_JOB, "site": scene.site.id},
        )
    assert queued == 1
