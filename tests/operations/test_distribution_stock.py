"""The stock of risk points in the distribution: counted by level and place, held against what happened."""

from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import update
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.identity.models import Site
from backend.operations.distribution.asked import Source
from backend.operations.distribution.undergraded import Mark, shown_level, undergraded
from backend.risks.models import HazardSource, RiskPoint
from tests.factories import made, unique
from tests.incidents.test_pages import browsing
from tests.operations.spread import Spread, make_spread

API = "/api/v1/distribution/risk-points"


@pytest.fixture
async def plant(database: Database) -> Spread:
    async with database.session() as session:
        return await make_spread(session)


async def _point(session: Any, plant: Spread, place: dict[str, Any], level: str, *inherent: str) -> HazardSource:
    row = {"code": unique("R-"), "name": "泵", "kind": "equipment", "control": "team", "origin": "hand", "level": level}
    point = await made(session, RiskPoint(site_id=plant.site.id, **row, **place))
    sources = [
        HazardSource(
            site_id=plant.site.id,
            risk_point_id=point.id,
            name=f"源{place_}",
            accidents=["fire", "leak"] if place_ == 0 else ["fire"],
            residual_level=level,
            inherent_level=one,
        )
        for place_, one in enumerate(inherent)
    ]
    for one in sources:
        await made(session, one)
    return sources[0]


async def _listed(database: Database, plant: Spread) -> int:
    """Pump: general now, major and significant without measures. Store: general, low before; one retired, one not
    graded. Gives the pump's source."""
    async with database.session() as session:
        at_pump = {"equipment_id": plant.equipment["pump"].id}
        pump = await _point(session, plant, at_pump, "general", "significant", "major")
        store = {"area_id": plant.areas["store"].id}
        await _point(session, plant, store, "general", "general")
        await _point(session, plant, {**store, "retired_at": now()}, "major", "major")
        await made(
            session,
            RiskPoint(site_id=plant.site.id, code=unique("R-"), name="新", kind="place", control="post", origin="hand"),
        )
    return pump.id


def test_one_incident_or_three_alarms_make_the_level_of_what_happened() -> None:
    alarms = {("alarm", "major"): 1, ("alarm", "significant"): 1, ("alarm", "general"): 1, ("alarm", "low"): 9}
    assert shown_level(alarms) == "general", "1, 2 and 3 at least as grave"
    assert shown_level({**alarms, ("incident", "significant"): 1}) == "significant"
    assert shown_level({("alarm", "major"): 2}) == ""


def test_an_area_is_named_where_its_list_says_less_than_what_happened() -> None:
    happened = {
        1: {("incident", "major"): 2, ("alarm", "low"): 9},
        2: {("incident", "low"): 1},
        3: {("alarm", "low"): 3},
    }
    found = undergraded({1: "general", 2: "low"}, happened)
    assert [(one.area_id, one.said, one.shown, one.marks) for one in found] == [
        (1, "general", "major", [Mark(Source.INCIDENT, "major", 2)]),
        (3, "", "low", [Mark(Source.ALARM, "low", 3)]),
    ]


async def test_risk_points_are_counted_as_they_stand_and_each_mark_opens_exactly_its_rows(
    app: FastAPI, database: Database, plant: Spread
) -> None:
    await _listed(database, plant)
    async with browsing(app, plant.actors["manager"]) as browser:
        found = (await browser.get(API)).json()
        assert found["total"] == 3, "the retired one doesn't count"
        assert found["levels"] == {"general": 2, "": 1}
        assert found["inherent"] == {"major": 1, "general": 1, "": 1}
        for name in ("areas", "stages"):
            own = {one.id: 1 for one in getattr(plant, name).values()}
            assert {one["id"]: one["count"] for one in found[name]} == {**own, None: 1}
        assert {one["id"]: one["count"] for one in found["posts"]} == {plant.post.id: 1, None: 2}
        assert found["accidents"] == {"fire": 2, "leak": 2}
        counted = {f"level={key or 'none'}": n for key, n in found["levels"].items()}
        counted |= {f"inherent={key or 'none'}": n for key, n in found["inherent"].items()}
        counted |= {f"accident={key}": n for key, n in found["accidents"].items()}
        for name, places in (("area", "areas"), ("stage", "stages"), ("post", "posts")):
            counted |= {f"{name}={one['id'] or 'none'}": one["count"] for one in found[places]}
        for query, count in counted.items():
            assert len((await browser.get(f"{API}/rows?{query}")).json()) == count, query
        both = await browser.get(f"{API}/rows?accident=none&area=none")
        assert [one["name"] for one in both.json()] == ["新"]
        page = (await browser.get("/distribution/risk-points")).text
        assert "/distribution/risk-points/rows?level=general" in page
        rows = (await browser.get("/distribution/risk-points/rows?level=general")).text
        assert rows.count('href="/risks/') == 2


async def test_an_area_graded_too_low_leads_to_the_grading_and_to_what_happened(
    app: FastAPI, database: Database, plant: Spread
) -> None:
    pump = await _listed(database, plant)
    inbound = plant.areas["inbound"].id
    async with database.session() as session:
        await plant.incident(session, now(), level="significant", equipment_id=plant.equipment["pump"].id)
        for _ in range(2):
            await plant.alarm(session, now(), level="major")
    async with browsing(app, plant.actors["manager"]) as browser:
        (one,) = (await browser.get(API)).json()["heavier"]
        assert (one["area_id"], one["said"], one["shown"]) == (inbound, "general", "significant")
        assert one["source_id"] == pump
        page = (await browser.get("/distribution/risk-points")).text
        url = f"/distribution/rows?source=incident&amp;period=90d&amp;level=significant&amp;area={inbound}"
        assert url in page
        assert (await browser.get(url.replace("&amp;", "&"))).text.count('href="/incidents/') == 1
        grade = f"/risks/sources/{pump}/grade?of=residual"
        assert f'href="{grade}"' in page and (await browser.get(grade)).status_code == 200


async def test_without_the_module_of_risk_points_there_is_no_stock(
    app: FastAPI, database: Database, plant: Spread
) -> None:
    async with database.session() as session:
        await session.execute(update(Site).where(col(Site.id) == plant.site.id).values(modules_off=["risks"]))
    async with browsing(app, plant.actors["manager"]) as browser:
        assert (await browser.get("/distribution/risk-points")).status_code == 404
        assert 'href="/distribution/risk-points"' not in (await browser.get("/distribution")).text
