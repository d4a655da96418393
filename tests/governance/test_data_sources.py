"""Data sources at a site: the worst first, a norm that is tried before it is kept, owners told once, rows."""

import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text
from sqlmodel import col

from backend.checkins.models import CheckIn
from backend.core.clock import holding, now
from backend.core.database import Database
from backend.core.events import Event
from backend.governance.sources.people import keep_people_days
from backend.governance.sources.telling import tell_owners
from backend.hazards.reports.models import Factor, HazardReport, ReportState
from backend.identity.models import Person, Role, Site
from backend.operations.indicators.rolling import roll_up
from backend.plant.models import Point
from backend.telemetry.models import Source
from backend.telemetry.quality.models import PointHour, SourceDay, SourceNorm
from backend.telemetry.quality.rolling import roll_quality
from tests.factories import made, make_area, make_person, make_point, make_site, unique
from tests.webclient import running_app, signed_in

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as running:
        yield running


@pytest.fixture
def database(app: FastAPI) -> Database:
    found: Database = app.state.database
    return found


class Fixture:
    """A site with its officer, manager and a gateway whose yesterday was half complete."""

    site: Site
    officer: Person
    manager: Person
    worker: Person
    point: Point
    source: Source
    day: SourceDay


@pytest.fixture
async def plant(database: Database) -> Fixture:
    found = Fixture()
    async with database.session() as session:
        found.site = await make_site(session)
        found.officer = await make_person(session, found.site, Role.SAFETY_OFFICER)
        found.manager = await make_person(session, found.site, Role.MANAGER)
        found.worker = await make_person(session, found.site, Role.WORKER)
        found.source = await made(session, Source(site_id=found.site.id, code=unique("gw-"), received=100))
        found.point = await make_point(session, found.site, source=found.source.code, expected_interval_s=60.0)
        midnight = now().astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
        yesterday = midnight - timedelta(days=1)
        for hour in range(24):
            await made(
                session,
                PointHour(
                    site_id=found.site.id,
                    point_id=found.point.id,
                    begins_at=yesterday + timedelta(hours=hour),
                    day=yesterday.date(),
                    seconds=3600,
                    source=found.source.code,
                    every_s=60.0,
                    stored=30,
                    within=[30] * 7,
                ),
            )
        found.day = await made(
            session,
            SourceDay(
                site_id=found.site.id, family="machine", code=found.source.code, day=yesterday.date(), until=midnight,
                expected=1440, got=720, stored=720, on_time=720, checked=720, valid=720, received=800, single=720,
                points=1, points_short=1, worst_point_id=found.point.id, worst_lost=720, score=0.45,
            ),
        )  # fmt: skip
    return found


FORM = {"lateness": "60", "complete": "95", "target": "90", "version": "0"}


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


async def norms(database: Database, site: Site) -> list[SourceNorm]:
    async with database.session() as session:
        wanted = select(SourceNorm).where(col(SourceNorm.site_id) == site.id).order_by(col(SourceNorm.id))
        return list(await session.scalars(wanted))


async def test_a_manager_sees_what_drags_a_source_down_with_numerators_and_denominators(
    app: FastAPI, plant: Fixture
) -> None:
    async with signed_in(app, plant.manager) as browser:
        shown = words((await browser.get("/data-sources")).text)
        assert plant.source.code in shown
        assert "45.0%" in shown
        assert "720 ÷ 1,440" in shown
        assert "少了 720 条" in shown
        page = words((await browser.get(f"/data-sources/days/{plant.day.id}")).text)
        assert plant.point.name in page
        assert "收到 720，应有 1,440" in page
        refused = await browser.post(f"/data-sources/{plant.source.id}/norm", data={**FORM, "reason": "x"})
        assert refused.status_code == 403


async def test_a_norm_is_tried_on_the_last_days_without_being_kept(
    app: FastAPI, database: Database, plant: Fixture
) -> None:
    async with signed_in(app, plant.officer) as browser:
        url = f"/data-sources/{plant.source.id}/norm"
        answer = await browser.post(url, data={**FORM, "interval": "120", "trying": "1"})
        shown = words(answer.text)
    # Each 120 s: 30 of 30 an hour, so complete; no account of yesterday's quarter hours, so unique says nothing.
    assert re.search(r"45\.0% 100\.0%", shown)
    assert await norms(database, plant.site) == []


async def test_a_norm_is_a_version_with_owner_and_reason_and_days_are_judged_by_it(
    app: FastAPI, database: Database, plant: Fixture
) -> None:
    async with signed_in(app, plant.officer) as browser:
        url = f"/data-sources/{plant.source.id}/norm"
        typed = {**FORM, "interval": "120", "owner": f"person-{plant.manager.id}", "reason": "网关改了", "back": "on"}
        answer = await browser.post(url, data=typed)
        assert answer.headers["location"] == f"/data-sources/{plant.source.id}?done=norm"
        again = await browser.post(url, data=typed)
        assert again.status_code == 422
        assert "别人刚刚改过" in again.text
        page = words((await browser.get(f"/data-sources/{plant.source.id}")).text)
        assert "网关改了" in page
        assert plant.manager.name in page
    [norm] = await norms(database, plant.site)
    assert (norm.version, norm.interval_s, norm.owner_id) == (1, 120.0, plant.manager.id)
    async with database.session() as session:
        job = (
            await session.execute(
                text("SELECT payload FROM job WHERE site_id = :site AND kind = 'telemetry.quality'"),
                {"site": plant.site.id},
            )
        ).scalar_one()
        # Nothing is counted anew but the days of the norm: a round that begins today keeps yesterday's hours.
        await session.execute(
            text("INSERT INTO quality_round(site_id, begins, until, zone) VALUES (:site, :b, :u, 'Asia/Shanghai')"),
            {"site": plant.site.id, "b": now() - timedelta(days=2), "u": now()},
        )
        await roll_quality(session, plant.site.id, days=[date.fromisoformat(one) for one in job["days"]])
    async with database.session() as session:
        day = await session.get_one(SourceDay, plant.day.id)
        assert (day.norm_version, day.expected, day.got) == (1, 720, 720)


async def test_what_was_typed_wrong_stays_with_a_message_beside_it(app: FastAPI, plant: Fixture) -> None:
    async with signed_in(app, plant.officer) as browser:
        url = f"/data-sources/{plant.source.id}/norm"
        typed = {**FORM, "interval": "很快", "target": "200", "quiet_days": "国庆", "reason": "原因写在这"}
        answer = await browser.post(url, data=typed)
    assert answer.status_code == 422
    for said in ("请填写 0.1 到 604800", "请填写 1 到 100", "请写成 2026-10-01", 'value="很快"', "原因写在这"):
        assert said in answer.text


async def test_an_owner_is_told_once_of_all_that_fell_short(database: Database, plant: Fixture) -> None:
    async with database.session() as session:
        for code in (plant.source.code, "gw-x"):
            norm = SourceNorm(
                site_id=plant.site.id, family="machine", code=code, version=1, since=plant.day.day, lateness_s=60,
                owner_id=plant.manager.id, complete_wanted=0.95, target=0.9,
            )  # fmt: skip
            await made(session, norm)
        second = SourceDay(site_id=plant.site.id, family="machine", code="gw-x", day=plant.day.day, until=now())
        second.score = 0.8
        await made(session, second)

    async def told() -> list[Event]:
        async with database.session() as session:
            await tell_owners(session)
            found = select(Event).where(col(Event.site_id) == plant.site.id, col(Event.subject) == "source_day")
            return list(await session.scalars(found))

    morning = now().astimezone(ZONE).replace(hour=7, minute=1)
    with holding(morning - timedelta(hours=1)):
        assert await told() == []
    with holding(morning):
        [event] = await told()
        assert event.data["told"] == [plant.manager.id]
        assert event.data["title_zh"] == "2 个数据源昨天低于目标"
        assert len(await told()) == 1


async def test_the_indicator_is_the_mean_of_source_days_and_opens_them(
    app: FastAPI, database: Database, plant: Fixture
) -> None:
    async with database.session() as session:
        other = SourceDay(site_id=plant.site.id, family="machine", code="gw-y", day=plant.day.day, until=now())
        other.score = 0.95
        await made(session, other)
        await roll_up(session, plant.site.id)
        other.score = 0.85
        await session.flush()
        await roll_up(session, plant.site.id)
    async with signed_in(app, plant.manager) as browser:
        shown = words((await browser.get("/indicators/data_quality")).text)
        # (45 % + 85 %) ÷ 2
        assert "65.0%" in shown
        assert "2 个数据源·天" in shown
        rows = (await browser.get("/indicators/data_quality/rows?counted=no")).text
        assert f"/data-sources/days/{plant.day.id}" in rows
        assert "低于它的目标" in rows


async def test_records_of_people_are_counted_as_far_as_their_tables_say(database: Database, plant: Fixture) -> None:
    async with database.session() as session:
        area = await make_area(session, plant.site)
        states = (ReportState.ACCEPTED, ReportState.REFUSED, ReportState.MERGED, ReportState.WAITING)
        first: int | None = None
        for state in states:
            one = HazardReport(site_id=plant.site.id, number=unique("YH-"), factor=Factor.OBJECT, level="low")
            one.state, one.reporter_id, one.details = state, plant.worker.id, "漏油"
            one.area_id = None if state == ReportState.WAITING else area.id
            if state == ReportState.MERGED:
                one.merged_into_id = first
            if state == ReportState.ACCEPTED:
                one.captured_at = now() - timedelta(hours=9)
            first = first or (await made(session, one)).id
            if one.id is None:
                await made(session, one)
        late = CheckIn(site_id=plant.site.id, area_id=area.id, person_id=plant.worker.id, at=now() - timedelta(hours=9))
        await made(session, late)
        await keep_people_days(session, plant.site.id, ZONE)
        days = await session.scalars(
            select(SourceDay).where(col(SourceDay.site_id) == plant.site.id, col(SourceDay.family) == "people")
        )
        by_code = {one.code: one for one in days}
    reports = by_code["reports"]
    assert (reports.on_time, reports.stored) == (3, 4)
    assert (reports.got, reports.expected) == (3, 4)
    assert (reports.valid, reports.checked) == (2, 3)
    assert (reports.single, reports.received) == (3, 4)
    assert reports.score == pytest.approx(3 / 4 * 3 / 4 * 2 / 3 * 3 / 4)
    assert (by_code["checkins"].on_time, by_code["checkins"].stored) == (0, 1)
