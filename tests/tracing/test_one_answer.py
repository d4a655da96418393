"""Page, list, search, notice, the alarm's short form and the JSON API name the same first cause."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text
from sqlmodel import col

from backend.core.database import Database
from backend.core.events import Event
from backend.identity.models import Role
from backend.tracing.naming import first_cause, in_order
from tests.tracing.conftest import made_trace, trouble
from tests.tracing.neglect import neglect
from tests.webclient import running_app, signed_in


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as app:
        yield app


async def test_wherever_a_trace_names_its_first_cause_it_is_the_one_all_evidence_names(
    database: Database, app: FastAPI
) -> None:
    found = await trouble(database)
    async with database.session() as session:
        await neglect(session, found)
    trace = await made_trace(database, found)
    first = next(one for one in trace.result["fused"] if not one["contributes"])
    place = next(one for one in found.equipment.values() if one.id == first["equipment_id"])
    name = f"{place.name}：{first['title']}"
    assert first["title"] and trace.result["causes"][0]["node"].startswith("point:"), "the two lists name differently"
    async with database.session() as session:
        told = select(Event).where(col(Event.kind) == "trace.made", col(Event.subject_id) == trace.id)
        (notice,) = await session.scalars(told)
    assert (notice.data["top"], notice.data["title_zh"]) == (first["key"], f"反应器压力 高报，可能根源：{name}")
    assert notice.data["title_en"].endswith(f"{place.name_en}: {first['title_en']}")
    async with signed_in(app, found.people[Role.LEADER]) as browser:
        page = (await browser.get(f"/traces/{trace.id}")).text
        assert name in page.split('id="fused-1"')[1].split("</h3>")[0]
        assert name in (await browser.get("/traces")).text
        assert name in (await browser.get("/traces", params={"search": first["title"]})).text
        brief = (await browser.get(f"/alarms/{found.alarm_id}/trace", headers={"HX-Request": "true"})).text
        assert name in brief.split("</h3>")[0] and "从读数看，最先出问题的地方" in brief
        for path in (f"/api/v1/traces/{trace.id}", f"/api/v1/alarms/{found.alarm_id}/trace"):
            read = (await browser.get(path)).json()["first_cause"]
            assert (read["node"]["key"], read["node"]["name"], read["by_readings"]) == (first["key"], name, False)
        (listed,) = (await browser.get("/api/v1/traces")).json()
        assert (listed["root"]["key"], listed["probability"]) == (first["key"], first["probability"])
        causes = (await browser.get(f"/api/v1/traces/{trace.id}/causes")).json()["causes"]
        assert causes[0]["key"] == first["key"]


async def test_where_no_library_weighed_anything_the_readings_first_place_stands_for_it(
    database: Database, app: FastAPI
) -> None:
    found = await trouble(database)
    trace = await made_trace(database, found)
    async with database.session() as session:
        await session.execute(text("UPDATE trace SET result = result - 'fused' WHERE id = :id"), {"id": trace.id})
    node = trace.result["causes"][0]["node"]
    point = next(one for one in found.points.values() if f"point:{one.id}" == node)
    async with signed_in(app, found.people[Role.LEADER]) as browser:
        read = (await browser.get(f"/api/v1/traces/{trace.id}")).json()["first_cause"]
        assert (read["node"]["key"], read["by_readings"]) == (node, True)
        assert point.name in (await browser.get("/traces")).text


def test_what_only_contributes_is_first_nowhere_and_what_is_not_listed_is_no_cause() -> None:
    def one(key: str, probability: float, *, contributes: bool = False) -> dict[str, Any]:
        return {"key": key, "probability": probability, "contributes": contributes, "title": key, "title_en": key}

    fused = [one("f", 0.5, contributes=True), one("a", 0.3), one("b", 0.2), one("rest", 0.5)]
    first = first_cause({"fused": fused, "causes": []})
    assert first is not None and (first.key, first.probability) == ("a", 0.3)
    assert [each["key"] for each in in_order(fused)] == ["a", "f", "b"]
    assert first_cause({"causes": []}) is None and first_cause({"fused": [one("rest", 1.0)], "causes": []}) is None
