"""Installing a pack into a site."""

from sqlalchemy import func, select

from backend.alarms.models import AlarmRule, EscalationPolicy
from backend.core.database import Database
from backend.identity.models import Person, Post, Site
from backend.plant.models import Area, Equipment, Link, Point
from backend.starter.install import install_pack
from backend.starter.pack import Pack

TABLES = (Area, Equipment, Point, Link, AlarmRule, EscalationPolicy, Post, Person)


async def _counts(database: Database, site_id: int) -> dict[str, int]:
    async with database.session(site_id=site_id) as session:
        return {
            model.__name__: (await session.execute(select(func.count()).select_from(model))).scalar_one()
            for model in TABLES
        }


async def test_installing_a_pack_twice_leaves_it_as_it_was_the_first_time(database: Database, tep: Pack) -> None:
    async with database.session() as session:
        first = await install_pack(session, tep)
    counts = await _counts(database, first)
    async with database.session() as session:
        assert await install_pack(session, tep) == first
    assert await _counts(database, first) == counts
    assert counts == {
        "Area": 4,
        "Equipment": 15,
        "Point": 52,
        "Link": len(tep.links),
        "AlarmRule": len(tep.rules),
        "EscalationPolicy": 4,
        "Post": 7,
        "Person": 0,
    }


async def test_a_plant_that_installs_a_pack_gets_no_sample_people_and_is_no_sample(
    database: Database, tep: Pack
) -> None:
    async with database.session() as session:
        site_id = await install_pack(session, tep)
        assert not (await session.get_one(Site, site_id)).sample
