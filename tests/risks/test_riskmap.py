"""The four-colour map: never below the risk points, lifted by what is wrong, each reason with its row."""

from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from backend.alarms.models import Level
from backend.checkins.models import InspectionPlan, InspectionStop, InspectionVisit
from backend.core.clock import now
from backend.core.database import Database
from backend.hazards.models import Rectification
from backend.lessons.models import WeatherHour
from backend.operations.riskmap import queries
from backend.operations.riskmap.rules import DUTIES, LIFTING, Reason, Why, standing
from backend.risks import commands
from backend.risks.codes import RANK, highest
from backend.risks.grading import Method, Score
from backend.risks.terms import PointTerms, SourceTerms
from tests.factories import actor_for, made, make_alarm, make_point, unique
from tests.risks.conftest import Plant
from tests.webclient import signed_in

levels = st.sampled_from(["", *Level])
reasons = st.lists(
    st.builds(
        lambda why, level: Reason(why, 1, str(level) if why in LIFTING else "", "", "", ""),
        st.sampled_from(Why),
        st.sampled_from(Level),
    ),
    max_size=5,
)


@given(levels, reasons)
def test_live_is_never_below_still_nor_below_an_open_alarm_or_hazard(still: str, found: list[Reason]) -> None:
    made_ = standing(still, found)
    assert RANK[made_.live] >= RANK[highest([still, *(one.level for one in found)])]
    assert len(made_.reasons) == len(found)
    duties = any(one.why in DUTIES for one in found)
    weather = any(one.why is Why.WEATHER for one in found)
    lifted = highest([still, *(one.level for one in found)])
    assert RANK[made_.live] <= max(RANK[lifted], min(RANK[still] + duties + weather, 4))


@given(levels, reasons, reasons)
def test_a_further_reason_never_lowers(still: str, found: list[Reason], more: list[Reason]) -> None:
    assert RANK[standing(still, [*found, *more]).live] >= RANK[standing(still, found).live]


async def test_an_area_is_lifted_by_what_is_wrong_there(app: FastAPI, database: Database, plant: Plant) -> None:
    async def live() -> queries.Standing:
        async with database.session() as session:
            actor = await actor_for(session, plant.leader)
            places = await queries.areas(session, actor)
            return (await queries.standings(session, actor, places))[plant.area.id]

    site: dict[str, Any] = {"site_id": plant.site.id}
    async with database.session() as session:
        actor = await actor_for(session, plant.leader)
        terms = PointTerms("R-01", "反应釜", "equipment", "team", equipment_id=plant.reactor.id)
        risk = await commands.make_point(session, actor, terms)
        source = await commands.make_source(session, actor, risk.id, SourceTerms("超温", accidents=("fire",)))
        await commands.grade_source(session, actor, source.id, Score(Method.LEC, 0.5, 6.0, 15.0), residual=True, why="")
    assert (await live()).still == (await live()).live == "low"

    async with database.session() as session:
        await made(session, WeatherHour(**site, hour=now() - timedelta(hours=1), temperature_c=38.0))
    assert (await live()).live == "general"  # heat, and a fire among its accidents

    async with database.session() as session:
        plan = InspectionPlan(**site, name="巡检", post_id=plant.post.id, rhythm="day", begins_at=now())
        await made(session, plan)
        stop = await made(session, InspectionStop(**site, plan_id=plan.id, equipment_id=plant.reactor.id))
        missed = InspectionVisit(**site, plan_id=plan.id, stop_id=stop.id, post_id=plant.post.id, state="missed")
        missed.opens_at, missed.closes_at = now() - timedelta(hours=9), now() - timedelta(hours=1)
        await made(session, missed)
    assert (await live()).live == "significant"

    async with database.session() as session:
        late = {"level": "general", "title": "换垫片", "measure": "换", "state": "open"}
        one = Rectification(**site, number=unique("ZG-"), owner_id=plant.leader.id, opened_by=plant.leader.id, **late)
        one.equipment_id, one.deadline = plant.reactor.id, now() - timedelta(days=1)
        await made(session, one)
    seen = await live()
    assert seen.live == "significant"  # duties lift by one step, however many there are
    assert {reason.why for reason in seen.reasons} == {
        Why.WEATHER,
        Why.MISSED,
        Why.RECTIFICATION,
        Why.LATE_RECTIFICATION,
    }

    async with database.session() as session:
        point = await make_point(session, plant.site, plant.reactor)
        alarm = await make_alarm(session, plant.site, point, level=Level.MAJOR, title="压力高高")
    seen = await live()
    assert (seen.still, seen.live, seen.reasons[0].url) == ("low", "major", f"/alarms/{alarm.id}")
    async with signed_in(app, plant.leader) as browser:
        page = (await browser.get("/risk-map")).text
        assert "压力高高" in page and f"/alarms/{alarm.id}" in page and 'data-refresh-on="alarm report' in page
        assert "压力高高" not in (await browser.get("/risk-map?show=still")).text
