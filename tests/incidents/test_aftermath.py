"""How readings changed after a deed: beside its line while the incident goes on, and kept when the minutes are over."""

import re
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from backend.core.clock import now
from backend.core.database import Database
from backend.incidents.commands import log_disposal
from backend.incidents.models import Incident
from backend.incidents.recording import Said
from backend.incidents.review.aftermath import keep_aftermaths
from backend.telemetry.models import Reading
from backend.telemetry.partitions import ensure_partitions
from tests.factories import made
from tests.incidents.scene import Scene, tapped
from tests.incidents.test_commands import do
from tests.incidents.test_pages import browsing, text_of


async def kept(database: Database) -> int:
    async with database.session() as session:
        return await keep_aftermaths(session)


async def acted(database: Database, scene: Scene, minutes_ago: float, deed: str = "relieve") -> Incident:
    """The reactor's temperature stood at 78 until, so long ago, somebody did something, and at 71 from then on."""
    moment, done = now(), now() - timedelta(minutes=minutes_ago)
    point = scene.points["temperature"]
    async with database.session() as session:
        ats = [moment - timedelta(minutes=minutes) for minutes in range(30)]
        await ensure_partitions(session, [at.date() for at in ats])
        for step, at in enumerate(ats):
            value = (78 if at < done else 71) + 0.1 * (step % 3)
            await made(session, Reading(site_id=scene.site.id, point_id=point.id, at=at, value=value))
    one = await tapped(database, scene.worker, scene)
    await do(database, scene.worker, log_disposal, one.id, deed, Said("开了放空阀", captured_at=done))
    return one


async def log_text(app: FastAPI, scene: Scene, one: Incident) -> str:
    async with browsing(app, scene.worker) as worker:
        return text_of((await worker.get(f"/incidents/{one.id}/glance")).text)


async def test_while_the_minutes_run_it_says_what_has_changed_so_far(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    one = await acted(database, scene, 4.5)
    assert await kept(database) == 0, "its minutes aren't over"
    said = await log_text(app, scene, one)
    assert "之后 4 分钟：" in said and re.search(r"78\.\d+ → 71\.\d+ ℃ 下降", said)


async def test_what_is_kept_outlives_the_readings_and_is_kept_once(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    one = await acted(database, scene, 13.0)
    assert (await kept(database), await kept(database)) == (1, 0)
    async with database.session() as session:
        await session.execute(text("DELETE FROM reading WHERE site_id = :site"), {"site": scene.site.id})
    assert "之后 10 分钟：" in (said := await log_text(app, scene, one)) and "℃ 下降" in said


@pytest.mark.parametrize("deed", ["note", "call"])
async def test_words_and_calls_move_no_reading(app: FastAPI, database: Database, scene: Scene, deed: str) -> None:
    one = await acted(database, scene, 13.0, deed)
    assert await kept(database) == 0 and "分钟：" not in await log_text(app, scene, one)


async def test_without_readings_nothing_is_claimed(app: FastAPI, database: Database, scene: Scene) -> None:
    one = await tapped(database, scene.worker, scene)
    said = Said("", captured_at=now() - timedelta(minutes=13))
    await do(database, scene.worker, log_disposal, one.id, "stop", said)
    assert await kept(database) == 1 and "分钟：" not in await log_text(app, scene, one)
