"""The module's database, a plant of its own for each test, and the application on it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.database import Database
from backend.identity.models import Person, Post, Role, Site, Team
from backend.plant.models import Area, Equipment
from tests.factories import make_area, make_equipment, make_person, make_post, make_site, make_team
from tests.webclient import running_app


@dataclass
class Plant:
    """A site with an area, a reactor in it, a post, and somebody of each role."""

    site: Site
    team: Team
    area: Area
    reactor: Equipment
    post: Post
    people: dict[Role, Person]

    @property
    def leader(self) -> Person:
        return self.people[Role.LEADER]


async def make_plant(session: AsyncSession) -> Plant:
    site = await make_site(session)
    team = await make_team(session, site)
    people = {role: await make_person(session, site, role, team) for role in Role}
    area = await make_area(session, site, team, name="反应区", name_en="Reaction")
    post = await make_post(session, site, name="反应岗", name_en="Reactor post")
    reactor = await make_equipment(session, site, area, post, name="反应釜", name_en="Reactor")
    return Plant(site, team, area, reactor, post, people)


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Database]:
    one = Database(database_url)
    yield one
    await one.close()


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as running:
        yield running


@pytest.fixture
async def plant(database: Database) -> Plant:
    async with database.session() as session:
        return await make_plant(session)
