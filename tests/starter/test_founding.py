"""``ansu site``: a plant of one's own begins with one administrator."""

import pytest
from sqlalchemy import select
from sqlmodel import col

from backend.core.database import Database
from backend.embedded.refusals import Refusal
from backend.identity.drafts import PersonDraft
from backend.identity.models import AuditEntry, LoginSession, Person, Role, Site
from backend.identity.passwords import verify_password
from backend.identity.sessions import open_session
from backend.starter.founding import found_site, reset_administrator
from tests.factories import unique


def site(code: str, **fields: str) -> Site:
    return Site(**{"code": code, "name": "第一化工厂", "time_zone": "Asia/Shanghai", **fields})


def admin(account: str) -> PersonDraft:
    return PersonDraft(name="吴工", role=Role.ADMIN, account=account)


async def founded(database: Database) -> tuple[str, str, str]:
    """Code, account and one-time password of a new site."""
    code, account = unique("plant-"), unique("boss")
    async with database.session() as session:
        return code, account, await found_site(session, site(code), admin(account))


async def person_of(database: Database, account: str) -> Person:
    async with database.session() as session:
        return (await session.scalars(select(Person).where(col(Person.account) == account))).one()


async def test_the_first_administrator_signs_in_with_the_printed_password_and_must_change_it(
    database: Database,
) -> None:
    _, account, password = await founded(database)
    person = await person_of(database, account)
    assert (person.role, person.must_change_password, person.sample) == (Role.ADMIN, True, False)
    assert await verify_password(password, person.password_hash)
    async with database.session(site_id=person.site_id) as session:
        entries = (await session.scalars(select(AuditEntry))).all()
    assert [(entry.action, entry.object_id) for entry in entries] == [("person.create", person.id)]
    assert password not in str([entry.change for entry in entries])


@pytest.mark.parametrize(
    ("code", "fields"),
    [("Plant One", {}), ("a/b", {}), ("", {}), ("x" * 40, {}), ("ok", {"name": " "}), ("ok", {"time_zone": "Mars/X"})],
)
async def test_what_cannot_be_a_site_is_said_in_words_and_nothing_is_made(
    database: Database, code: str, fields: dict[str, str]
) -> None:
    with pytest.raises(Refusal):
        async with database.session() as session:
            await found_site(session, site(code, **fields), admin(unique("boss")))
    async with database.session() as session:
        assert (await session.scalars(select(Site).where(col(Site.code) == code))).first() is None


async def test_a_code_or_account_that_is_taken_is_refused_whole(database: Database) -> None:
    code, account, _ = await founded(database)
    for taken in ((code, unique("boss")), (unique("plant-"), account)):
        with pytest.raises(Refusal):
            async with database.session() as session:
                await found_site(session, site(taken[0]), admin(taken[1]))
    async with database.session() as session:
        assert len((await session.scalars(select(Person).where(col(Person.account) == account))).all()) == 1


async def test_a_lost_administrator_gets_a_new_password_and_old_sign_ins_end(database: Database) -> None:
    code, account, old = await founded(database)
    async with database.session() as session:
        await open_session(session, await session.merge(await person_of(database, account)), device="x", address="")
    async with database.session() as session:
        new = await reset_administrator(session, code, account)
    person = await person_of(database, account)
    assert await verify_password(new, person.password_hash) and not await verify_password(old, person.password_hash)
    async with database.session(site_id=person.site_id) as session:
        assert all(one.revoked_at for one in await session.scalars(select(LoginSession)))
    with pytest.raises(Refusal):
        async with database.session() as session:
            await reset_administrator(session, unique("other-"), account)
