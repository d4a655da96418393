"""The weather as a circumstance of patterns: named in one word, kept by the hour for longer than readings."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.incidents.tracking.models import SiteWeather
from backend.lessons.gathering import gather
from backend.lessons.models import LessonPattern, WeatherHour
from backend.lessons.weather import FROST_C, GALE_M_S, HOT_C, keep_weather, weather_of
from backend.telemetry.models import Reading
from backend.telemetry.partitions import ensure_partitions
from tests.factories import made, make_point
from tests.incidents.scene import Scene
from tests.lessons.past import incident, looked

some = st.none() | st.floats(-60, 60)


@given(wind=some, air=some, rain=st.none() | st.floats(0, 100))
def test_one_word_for_any_weather_and_none_for_none(wind: float | None, air: float | None, rain: float | None) -> None:
    said = weather_of(wind, air, rain)
    assert (said is None) == (wind is None and air is None and rain is None)
    assert said != "hot" or (air is not None and air >= HOT_C)
    assert said != "frost" or (air is not None and air <= FROST_C)
    assert (said == "gale") == (wind is not None and wind >= GALE_M_S)
    assert said != "fair" or not (rain and rain >= 0.1)


async def test_hours_that_are_over_are_kept_once_and_outlive_the_readings(database: Database, scene: Scene) -> None:
    hour = now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    async with database.session() as session:
        gauge = await make_point(session, scene.site, None, unit="km/h")
        vane = await make_point(session, scene.site, None, unit="°")
        air = await make_point(session, scene.site, None, unit="℃")
        named = {"speed_point_id": gauge.id, "direction_point_id": vane.id, "temperature_point_id": air.id}
        await made(session, SiteWeather(site_id=scene.site.id, set_by=scene.admin.person_id, **named))
        await ensure_partitions(session, [now().date(), hour.date()])
        for minutes, point, value in ((5, gauge, 36.0), (35, gauge, 54.0), (5, air, 20.0), (200, gauge, 1.0)):
            at = hour + timedelta(minutes=minutes)
            await made(session, Reading(site_id=scene.site.id, point_id=point.id, at=at, value=value))
    for _ in range(2):
        async with database.session() as session:
            await keep_weather(session)
    async with database.session() as session:
        await session.execute(text("DELETE FROM reading WHERE site_id = :site"), {"site": scene.site.id})
        await keep_weather(session)
        await incident(session, scene, hour + timedelta(minutes=50), equipment_id=scene.pump.id)
    async with database.session() as session:
        kept = await session.scalars(select(WeatherHour).where(col(WeatherHour.site_id) == scene.site.id))
        rows = [(row.hour, row.wind_m_s, row.temperature_c, row.rain_mm_h) for row in kept]
        records = (await gather(session, scene.site.id)).records
    assert rows == [(hour, 12.5, 20.0, None)], "the hour that goes on isn't kept yet"
    assert [record.items["weather"] for record in records] == ["gale"]


async def test_what_goes_wrong_in_frost_is_a_pattern(database: Database, scene: Scene) -> None:
    start = now().replace(minute=0, second=0, microsecond=0) - timedelta(days=150)
    async with database.session() as session:
        for number in range(150):
            at, cold = start + timedelta(days=number), number % 5 == 0
            await made(session, WeatherHour(site_id=scene.site.id, hour=at, temperature_c=-8.0 if cold else 18.0))
            kind = "equipment_failure" if cold else ("near_miss", "other", "operation_violation")[number % 3]
            unit = scene.pump if number % 2 else scene.reactor
            await incident(session, scene, at + timedelta(minutes=20), kind=kind, equipment_id=unit.id)
    await looked(database, scene)
    async with database.session() as session:
        found = await session.scalars(select(LessonPattern).where(col(LessonPattern.site_id) == scene.site.id))
        said = [{(one.attribute, one.value, one.name_en) for one in pattern.values} for pattern in found]
    assert {("weather", "frost", "Frost")} <= set().union(*said)
    assert any(
        {("weather", "frost", "Frost"), ("kind", "incident.equipment_failure", "Equipment failure")} <= one
        for one in said
    )
