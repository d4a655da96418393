"""What people may change about the plant, and what stays told of it."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.core.errors import Forbidden, Invalid, NotFound
from backend.core.events import Event
from backend.identity.actor import Actor
from backend.identity.models import AuditEntry, Role
from backend.plant.commands import assign_owner, edit_point, set_commissioning
from backend.plant.models import Point
from tests.factories import actor_for, make_equipment, make_person, make_point, make_post, make_site


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, pool_size=5)
    yield database
    await database.close()


async def _officer(database: Database, role: Role = Role.SAFETY_OFFICER) -> tuple[Actor, int, int, int]:
    """Somebody of ``role``; a piece of equipment, a point on it and a post of the same site."""
    async with database.session() as session:
        site = await make_site(session)
        person = await make_person(session, site, role)
        equipment = await make_equipment(session, site)
        point = await make_point(session, site, equipment)
        post = await make_post(session, site)
        return await actor_for(session, person), equipment.id, point.id, post.id


async def test_a_new_owner_is_audited_and_told(database: Database) -> None:
    actor, equipment_id, _, post_id = await _officer(database)
    async with database.session(site_id=actor.site_id) as session:
        assert (await assign_owner(session, actor, equipment_id, post_id)).owner_post_id == post_id
    async with database.session(site_id=actor.site_id) as session:
        entry = (await session.execute(select(AuditEntry).order_by(col(AuditEntry.id).desc()).limit(1))).scalar_one()
        assert (entry.action, entry.object_id) == ("equipment.assign_owner", equipment_id)
        assert entry.change == {"owner_post_id": [None, post_id]}
        event = (await session.execute(select(Event).order_by(col(Event.id).desc()).limit(1))).scalar_one()
        assert event.kind == "equipment.owner_changed" and event.data["title_en"]


async def test_the_same_owner_again_changes_and_audits_nothing(database: Database) -> None:
    actor, equipment_id, _, post_id = await _officer(database)
    for _ in range(2):
        async with database.session(site_id=actor.site_id) as session:
            await assign_owner(session, actor, equipment_id, post_id)
    async with database.session(site_id=actor.site_id) as session:
        assert len((await session.execute(select(AuditEntry))).all()) == 1


async def test_the_first_day_of_equipment_is_audited_once_and_never_lies_ahead(database: Database) -> None:
    actor, equipment_id, _, _ = await _officer(database)
    for _ in range(2):
        async with database.session(site_id=actor.site_id) as session:
            await set_commissioning(session, actor, equipment_id, date(2015, 3, 9))
    async with database.session(site_id=actor.site_id) as session:
        entry = (await session.execute(select(AuditEntry))).scalar_one()
        assert (entry.action, entry.object_id) == ("equipment.set_commissioning", equipment_id)
        assert entry.change == {"commissioned_on": [None, "2015-03-09"]}
        with pytest.raises(Invalid):
            await set_commissioning(session, actor, equipment_id, now().date() + timedelta(days=3))
    worker, _, _, _ = await _officer(database, Role.WORKER)
    async with database.session(site_id=worker.site_id) as session:
        with pytest.raises(Forbidden):
            await set_commissioning(session, worker, equipment_id, None)


async def test_a_post_of_another_site_cannot_own_equipment_here(database: Database) -> None:
    actor, equipment_id, _, _ = await _officer(database)
    _, _, _, foreign_post = await _officer(database)
    async with database.session(site_id=actor.site_id) as session:
        with pytest.raises(Invalid) as refused:
            await assign_owner(session, actor, equipment_id, foreign_post)
    assert "owner_post_id" in refused.value.fields


async def test_equipment_and_points_of_another_site_are_not_found(database: Database) -> None:
    actor, _, _, post_id = await _officer(database)
    _, foreign_equipment, foreign_point, _ = await _officer(database)
    async with database.session(site_id=actor.site_id) as session:
        with pytest.raises(NotFound):
            await assign_owner(session, actor, foreign_equipment, post_id)
        with pytest.raises(NotFound):
            await edit_point(
                session, actor, foreign_point, name="x", name_en="x", unit="", range_low=None, range_high=None
            )


async def test_a_worker_may_not_change_the_plant(database: Database) -> None:
    actor, equipment_id, _, post_id = await _officer(database, Role.WORKER)
    async with database.session(site_id=actor.site_id) as session:
        with pytest.raises(Forbidden):
            await assign_owner(session, actor, equipment_id, post_id)


async def test_a_points_new_range_reaches_a_listening_ingest_when_it_commits(database: Database) -> None:
    actor, _, point_id, _ = await _officer(database)
    heard: list[str] = []
    async with database.engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        await driver.add_listener("ansu_plant", lambda *told: heard.append(str(told[2])))
        async with database.session(site_id=actor.site_id) as session:
            await edit_point(
                session, actor, point_id, name="压力", name_en="Pressure", unit="MPa", range_low=0, range_high=4
            )
        await driver.execute("SELECT 1")
    assert heard == ["ansu_plant"]
    async with database.session(site_id=actor.site_id) as session:
        point = (await session.execute(select(Point).where(col(Point.id) == point_id))).scalar_one()
        assert (point.unit, point.range_low, point.range_high) == ("MPa", 0, 4)
        changes = (await session.execute(text("SELECT change FROM audit_entry ORDER BY id DESC LIMIT 1"))).scalar_one()
    assert changes["range_high"] == [None, 4]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "长" * 61}, "name"),
        ({"unit": "u" * 21}, "unit"),
        ({"range_low": 5.0, "range_high": 5.0}, "range_high"),
        ({"range_low": float("nan")}, "range_low"),
    ],
)
async def test_what_cannot_be_right_is_refused_beside_its_field(
    database: Database, given: dict[str, object], field: str
) -> None:
    actor, _, point_id, _ = await _officer(database)
    wanted: dict[str, object] = {"name": "压力", "name_en": "", "unit": "kPa", "range_low": 0.0, "range_high": 9.0}
    async with database.session(site_id=actor.site_id) as session:
        with pytest.raises(Invalid) as refused:
            await edit_point(session, actor, point_id, **(wanted | given))  # type: ignore[arg-type]
    assert field in refused.value.fields
