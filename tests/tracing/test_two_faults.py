"""Two faults at once, from the readings to what people and programs see: each has its root and its probabilities."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from backend.alarms.commands import raise_alarm
from backend.alarms.commands.making import Occurrence
from backend.alarms.models import Level, RuleKind
from backend.core.clock import now
from backend.core.database import Database, driver_connection
from backend.identity.models import Person, Role
from backend.telemetry.assembly import Row
from backend.telemetry.formats.moments import from_datetime
from backend.telemetry.models import LearnedNormal
from backend.telemetry.partitions import ensure_partitions
from backend.telemetry.storage import copy_rows
from backend.tracing.engine import Window, learn_normal
from backend.tracing.making import make_trace
from backend.tracing.models import Trace
from backend.tracing.telling import told_cause
from tests.alarms.setting import Setting, settle
from tests.tracing.synthetic import chain
from tests.webclient import running_app, signed_in

ROWS, BEGINS, NORMAL_ROWS = 460, 400, 380
FIRST, SECOND = (0, 3)
"""Two lines of three machines, each pushed at its first."""


async def two_lines(database: Database, *, second_at: int | None = BEGINS) -> tuple[Setting, Trace]:
    """A site with both lines' readings, an alarm at the end of the first line, and its trace."""
    lines = [chain((3, 4), rows=ROWS, fault_at=BEGINS, seed=1), chain((3, 4), rows=ROWS, fault_at=second_at, seed=51)]
    values = np.column_stack([line.values[:, :3] for line in lines])
    async with database.session() as session:
        setting = await settle(session, machines=6)
        await session.execute(
            text("DELETE FROM link WHERE source_equipment_id = :id"), {"id": setting.equipment[SECOND - 1]}
        )
        names = [str(id_) for id_ in setting.points]
        normal = learn_normal(Window.of(np.arange(float(ROWS)), names, values).between(0, NORMAL_ROWS))
        session.add(LearnedNormal(site_id=setting.site_id, point_ids=setting.points, parameters=normal.to_dict()))
        end = now() - timedelta(seconds=1)
        moments = [end - timedelta(seconds=back) for back in reversed(range(ROWS))]
        await ensure_partitions(session, {at.date() for at in moments})
        readings = [
            Row(setting.site_id, id_, from_datetime(at), float(value), 0, from_datetime(at))
            for at, row in zip(moments, values, strict=True)
            for id_, value in zip(setting.points, row, strict=True)
        ]
        await copy_rows(await driver_connection(session), readings)
    async with database.session() as session:
        alarm_id = await raise_alarm(
            session,
            Occurrence(
                site_id=setting.site_id,
                condition_key="1:H",
                kind=RuleKind.THRESHOLD,
                level=Level.GENERAL,
                title="压力2 高报",
                title_en="Pressure 2 high",
                point_id=setting.points[2],
                equipment_id=setting.equipment[2],
                area_id=setting.area_id,
                reading_at=now(),
            ),
        )
        group = await session.scalar(text("SELECT group_id FROM alarm WHERE id = :id"), {"id": alarm_id})
        return setting, await make_trace(session, group)


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as running:
        yield running


async def leader(app: FastAPI, database: Database, setting: Setting) -> httpx.AsyncClient:
    async with database.session() as session:
        person = await session.get_one(Person, setting.people[Role.LEADER])
    return signed_in(app, person)


def told_of(page: str) -> str:
    """Where the alarm's page takes the trace's short form from."""
    found = re.search(r'href="(/alarms/\d+)"', page)
    assert found is not None
    return f"{found[1]}/trace"


async def test_each_fault_is_shown_with_its_own_root_and_probability(app: FastAPI, database: Database) -> None:
    setting, trace = await two_lines(database)
    async with await leader(app, database, setting) as browser:
        page = (await browser.get(f"/traces/{trace.id}")).text
        brief = (await browser.get(told_of(page), headers={"HX-Request": "true"})).text
        told = (await browser.get(f"/api/v1/traces/{trace.id}")).json()
        fused = (await browser.get(f"/api/v1/traces/{trace.id}/causes")).json()
    for words in ("同时有两处故障", "第一处故障", "另一处故障"):
        assert words in page and words in brief
    roots = [setting.points[FIRST], setting.points[SECOND]]
    first, second = told["causes"][:2]
    assert [first["node"]["key"], second["node"]["key"]] == [f"point:{id_}" for id_ in roots]
    assert (first["disturbance"], second["disturbance"]) == (0, 1)
    assert min(first["probability"], second["probability"]) > 0.5
    heads = [cause for cause in fused["causes"] if not cause["contributes"]][:2]
    assert [head["equipment_id"] for head in heads] == [setting.equipment[FIRST], setting.equipment[SECOND]]
    assert [head["disturbance"] for head in heads] == [0, 1]
    for number in (0, 1):
        of_one = [c["probability"] for c in fused["causes"] if c["disturbance"] == number and not c["contributes"]]
        assert 0.8 < sum(of_one) <= 1.001, "the other fault takes nothing away"
    assert told["first_cause"]["node"]["key"].startswith(f"equipment:{setting.equipment[FIRST]}/")


async def test_the_sentence_of_the_second_root_says_nothing_of_a_symptom_it_has_no_part_in(database: Database) -> None:
    setting, trace = await two_lines(database)
    first, second = trace.result["causes"][:2]
    symptom = f"point:{setting.points[2]}"
    assert any(clause.symptom == symptom for clause in told_cause(trace.result, first))
    assert not any(symptom in (clause.symptom, clause.next) for clause in told_cause(trace.result, second))


async def test_one_fault_is_told_as_ever(app: FastAPI, database: Database) -> None:
    setting, trace = await two_lines(database, second_at=None)
    async with await leader(app, database, setting) as browser:
        page = (await browser.get(f"/traces/{trace.id}")).text
        told = (await browser.get(f"/api/v1/traces/{trace.id}")).json()
    assert "两处故障" not in page and "第一处故障" not in page
    assert {cause["disturbance"] for cause in told["causes"]} == {0}
