"""A session of one site sees no other site's rows, however its statement reaches them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import exists, func, select, union_all, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from backend.core.database import Database
from backend.identity.models import Post, Site, Team
from tests.factories import made, make_site

_OTHER: Any = aliased(Post)
SHAPES: dict[str, Any] = {
    "alone": select(func.count(col(Post.id))),
    "aliased": select(func.count(_OTHER.id)),
    "joined": select(func.count(col(Post.id))).select_from(Site).join(Post, col(Post.site_id) == col(Site.id)),
    "in a subquery": select(func.count()).select_from(select(col(Post.id)).subquery()),
    "of a union": select(func.count()).select_from(union_all(select(col(Post.id)), select(_OTHER.id)).subquery()),
    "in a list": select(func.count(col(Site.id))).where(col(Site.id).in_(select(col(Post.site_id)))),
    "that exist": select(func.count(col(Site.id))).where(exists().where(col(Post.site_id) == col(Site.id))),
    "named ahead": select(func.count()).select_from(select(col(Post.id)).cte()),
    "as a column": select(select(func.count(col(Post.id))).scalar_subquery()),
}


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Database]:
    one = Database(database_url)
    yield one
    await one.close()


@pytest.fixture(scope="module")
async def sites(database: Database) -> tuple[int, int]:
    async with database.session() as session:
        found = [await make_site(session), await make_site(session)]
        for site in found:
            await made(session, Post(site_id=site.id, code="p", name="岗"))
            await made(session, Team(site_id=site.id, code="t", name="班"))
        return found[0].id, found[1].id


@pytest.mark.parametrize("shape", SHAPES)
async def test_only_the_own_sites_rows_are_found(database: Database, sites: tuple[int, int], shape: str) -> None:
    async with database.session(site_id=sites[1]) as session:
        assert await session.scalar(SHAPES[shape]) == (2 if shape == "of a union" else 1)


async def test_only_the_own_sites_rows_are_changed(database: Database, sites: tuple[int, int]) -> None:
    async with database.session(site_id=sites[1]) as session:
        await session.execute(update(Post).values(name="新").where(col(Post.id).in_(select(col(_OTHER.id)))))
    async with database.session() as session:
        names = {row[0]: row[1] for row in await session.execute(select(col(Post.site_id), col(Post.name)))}
        assert (names[sites[0]], names[sites[1]]) == ("岗", "新")


async def test_one_statement_serves_each_site_its_own_in_turn(database: Database, sites: tuple[int, int]) -> None:
    kept = select(col(Post.site_id)).where(col(Post.id).in_(select(col(_OTHER.id))))
    for site in (*sites, *sites):
        async with database.session(site_id=site) as session:
            assert (await session.scalars(kept)).all() == [site]
            fresh = select(func.count(), func.max(col(Post.site_id))).select_from(Post)
            assert (await session.execute(fresh)).one() == (1, site)
