"""Risk points in decisions: what they let expect of a round, grave sources that nothing holds, money that was spent."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlmodel import col

from backend.checkins.models import InspectionPlan
from backend.checkins.schedule import Rhythm
from backend.core.clock import now
from backend.core.database import Database
from backend.identity.models import AuditEntry, Role, Site
from backend.lessons.models import Suggestion, SuggestionKind
from backend.operations.decisions.grounds import exposure
from backend.operations.decisions.holding import Measure, Source, Why, gaps
from backend.operations.decisions.making import find_out
from backend.operations.decisions.rounds import Pace, Round, allot, hours, shrunk
from backend.risks.models import ControlMeasure, HazardSource, RiskPoint
from tests.checkins.rounds import Plant, make_plant
from tests.factories import made, make_person, unique
from tests.operations.test_decisions import decided, trouble
from tests.webclient import signed_in

WEEKLY = Pace(Rhythm.WEEK, None, 1.0)


@pytest.fixture
async def weekly(database: Database) -> Plant:
    """A round of pump and tank that is walked once a week."""
    async with database.session() as session:
        return await make_plant(session, rhythm="week")


def test_a_quiet_round_at_a_grave_place_is_expected_more_of_as_computed_by_hand() -> None:
    """A: 4 stops, one at a major point, nothing recorded; B: 6 stops, 36 points in 26 weeks. By stops alone A has
    13 · 4 · 36/26/10 / 39 = 0.1846 a week; by its risk points 13 · 30 · 36/26/36 / 39 = 0.3846."""
    assert exposure({"major": 1, "": 3}) == 30
    assert shrunk(0, 26, 4, 36 / 26 / 10) == pytest.approx(0.1846, abs=1e-4)
    assert shrunk(0, 26, exposure({"major": 1, "": 3}), 36 / 26 / 36) == pytest.approx(0.3846, abs=1e-4)


def test_of_two_rounds_with_the_same_records_hours_go_to_the_graver() -> None:
    rounds = [
        Round(1, 4, 30, WEEKLY, 3, graded=exposure({"low": 4})),
        Round(2, 4, 30, WEEKLY, 3, graded=exposure({"major": 1, "": 3})),
    ]
    now_h = sum(hours(one, WEEKLY) for one in rounds)
    found = allot(rounds, 26, now_h + 3.0, shifts=1)
    assert [one.round.plan_id for one in found] == [2]


def source(id_: int, level: str, *measures: Measure, points: float = 0.0) -> Source:
    return Source(id_, id_, f"源{id_}", f"source {id_}", level, points, int(points // 3), measures=measures)


def test_what_holding_a_grave_source_spares_as_computed_by_hand() -> None:
    """Two sources, major (27) and significant (9); 36 points in 26 weeks at the second: 36/26/36 a weight and week.
    The first is expected 13 · 27 / 26 / 39 = 0.3462 a week: 90 days 4.451, two thirds 2.967. The second has
    (36 + 13 · 9 / 26) / 39 = 1.0385 a week: 13.352 and 8.901."""
    found = gaps([source(1, "major"), source(2, "significant", points=36)], 26)
    assert [(one.source.id, one.why, round(one.spares, 3)) for one in found] == [
        (2, Why.NONE, 8.901),
        (1, Why.NONE, 2.967),
    ]


def test_why_a_source_is_not_held_and_which_measures_are_to_blame() -> None:
    held = Measure(1, "联锁", "interlock", plan_id=1, visits=10, missed=4, upkeep_id=2)
    stopped = Measure(2, "检查", "check", plan_id=3, plan_active=False)
    late = Measure(3, "保养", "upkeep", upkeep_id=4, upkeep_late=True)
    missed = Measure(4, "巡检", "round", plan_id=5, visits=4, missed=2)
    sources = [
        source(1, "major", held),
        source(2, "major", held, late, stopped),
        source(3, "significant", late),
        source(4, "significant", held, missed),
        source(5, "general"),
        source(6, "low", stopped),
    ]
    found = {one.source.id: (one.why, [each.id for each in one.measures]) for one in gaps(sources, 26)}
    assert found == {2: (Why.STOPPED, [2]), 3: (Why.LATE, [3]), 4: (Why.MISSED, [4])}


@given(st.dictionaries(st.sampled_from(["major", "significant", "general", "low", ""]), st.integers(0, 9)))
def test_what_stops_let_expect_is_never_less_than_as_many_low_ones(stops: dict[str, int]) -> None:
    assert exposure(stops) >= sum(stops.values())


async def _point(session: Any, plant: Plant, level: str, *measures: dict[str, Any]) -> HazardSource:
    """A risk point of the pump."""
    row = {"code": unique("R-"), "name": "循环泵", "name_en": "Pump", "kind": "equipment", "control": "company"}
    point = RiskPoint(site_id=plant.site.id, origin="hand", level=level, equipment_id=plant.pump.id, **row)
    await made(session, point)
    named = {"name": "机封泄漏", "name_en": "Seal leak", "residual_level": level}
    one = await made(session, HazardSource(site_id=plant.site.id, risk_point_id=point.id, **named))
    for measure in measures:
        row = {"kind": "engineering", "words": "双端面机封", **measure}
        await made(session, ControlMeasure(site_id=plant.site.id, source_id=one.id, **row))
    return one


async def looked(database: Database, plant: Plant) -> Any:
    async with database.session() as session:
        return await find_out(session, plant.site.id)


async def test_a_round_says_which_risk_points_are_there_and_opens_them(
    app: FastAPI,
    database: Database,
    weekly: Plant,
) -> None:
    await trouble(database, weekly, "general")
    async with database.session() as session:
        point = await _point(session, weekly, "major", {})
    (found,) = (await looked(database, weekly)).rounds
    assert (found["exposure"], found["risk_points"]) == (28.0, {"major": 1}), "pump major, tank not graded"
    async with signed_in(app, weekly.officer) as browser:
        await browser.post("/decisions/budget", data={"hours": "2.5", "money": "0"})
        assert "那里的风险点：重大 1" in (await browser.get("/decisions")).text
        page = (await browser.get(f"/decisions/plans/{weekly.plan_id}")).text
        assert f'href="/risks/{point.risk_point_id}"' in page and "那里的风险点：重大 1" in page


async def test_a_grave_source_that_nothing_holds_is_suggested_and_taken_back_when_something_does(
    app: FastAPI,
    database: Database,
    weekly: Plant,
) -> None:
    await trouble(database, weekly, "major")
    async with database.session() as session:
        bare = await _point(session, weekly, "major")
        await _point(session, weekly, "general")
    await looked(database, weekly)
    (one,) = await decided(database, weekly)
    assert one.kind == SuggestionKind.MEASURE and one.words == "给“机封泄漏”补上管控措施"
    assert one.proposal["why"] == "none" and one.refs[0] == f"risk_point:{bare.risk_point_id}"
    assert any(ref.startswith("report:") for ref in one.refs) and one.proposal["points"] > 0
    async with signed_in(app, weekly.officer) as browser:
        page = (await browser.get("/decisions")).text
        assert "没有管控措施" in page and f'href="/risks/{bare.risk_point_id}"' in page
        assert f'href="/risks/{bare.risk_point_id}"' in (await browser.get(f"/lessons/suggestions/{one.id}")).text
    async with database.session() as session:
        measure = {"site_id": weekly.site.id, "source_id": bare.id, "kind": "engineering", "words": "联锁"}
        kept = await made(session, ControlMeasure(**measure, plan_id=weekly.plan_id))
    await looked(database, weekly)
    (one,) = await decided(database, weekly)
    assert one.state == "withdrawn"
    async with database.session() as session:
        stop = update(InspectionPlan).where(col(InspectionPlan.id) == weekly.plan_id).values(active=False)
        await session.execute(stop)
    await looked(database, weekly)
    (one,) = await decided(database, weekly)
    assert (one.state, one.proposal["why"]) == ("open", "stopped")
    assert one.words == "给“机封泄漏”恢复管控措施：联锁" and f"plan:{kept.plan_id}" in one.refs


async def test_without_the_module_of_risk_points_they_weigh_nothing(
    database: Database,
    weekly: Plant,
) -> None:
    async with database.session() as session:
        await _point(session, weekly, "major")
        off = update(Site).where(col(Site.id) == weekly.site.id).values(modules_off=["risks"])
        await session.execute(off)
    (found,) = (await looked(database, weekly)).rounds
    assert "exposure" not in found and await decided(database, weekly) == []


async def test_what_was_adopted_is_followed_to_what_it_cost_by_whom_and_by_round(
    app: FastAPI,
    database: Database,
    weekly: Plant,
) -> None:
    await looked(database, weekly)
    async with database.session() as session:
        for name, state in (("换泵", "adopted"), ("换阀", "adapted"), ("换表", "open")):
            one = Suggestion(site_id=weekly.site.id, key=name, kind=SuggestionKind.RENEWAL, words=name, words_en=name)
            one.state, one.decided_at = state, now() + timedelta(seconds=1) if state != "open" else None
            await made(session, one)
    pump, valve, gauge = await decided(database, weekly)
    async with signed_in(app, weekly.officer) as browser:
        await browser.post(f"/decisions/suggestions/{gauge.id}/cost", data={"money": "300"})
        early = await browser.post(f"/decisions/suggestions/{gauge.id}/spent", data={"spent": "10"})
        assert early.status_code == 409 and "采纳以后才能记实际花费" in early.text
        wrong = await browser.post(f"/decisions/suggestions/{pump.id}/spent", data={"spent": "不少"})
        assert wrong.status_code == 422 and 'value="不少"' in wrong.text
        done = await browser.post(f"/decisions/suggestions/{pump.id}/spent", data={"spent": "52,000.50"})
        assert done.headers["location"] == "/decisions?done=spent#decided"
        await browser.post(f"/decisions/suggestions/{valve.id}/spent", data={"spent": "8000"})
        page = (await browser.get("/decisions")).text
        table = page.split('id="paid"')[1]
        assert "60,000.50" in table and "<td>2</td>" in table, "both of the one round"
        assert "实际 52,000.50 元" in page and weekly.officer.name in page
    async with database.session() as session:
        of_site = col(AuditEntry.site_id) == weekly.site.id
        noted = select(AuditEntry).where(of_site, col(AuditEntry.action) == "decision.spent")
        entry = (await session.scalars(noted)).first()
        assert entry is not None
        worker = await make_person(session, weekly.site, Role.WORKER)
    async with signed_in(app, worker) as browser:
        refused = await browser.post(f"/decisions/suggestions/{pump.id}/spent", data={"spent": "1"})
        assert refused.status_code == 403
