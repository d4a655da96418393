"""Statements that are made once a person: nobody gets another's, and a change of rights makes a new one."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Select, select
from sqlmodel import col

from backend.core.database import Database
from backend.identity.actor import Actor
from backend.identity.models import Person, Role
from backend.identity.permissions import made_once, visible
from tests.factories import actor_for, make_person, make_site

built: list[Actor] = []


@made_once
def people(actor: Actor, active: bool = True) -> Select[Any]:
    built.append(actor)
    return select(col(Person.id)).where(visible(actor, Person), col(Person.active).is_(active))


async def test_the_same_person_gets_the_same_statement_whatever_the_request(database: Database) -> None:
    async with database.session() as session:
        person = await make_person(session, await make_site(session))
        actor = await actor_for(session, person)
    assert people(actor) is people(replace(actor, request_id="another", csrf_token="x", address="y"))
    assert built[-1].csrf_token == "" and built[-1].request_id == ""


async def test_other_people_rights_and_arguments_get_their_own(database: Database) -> None:
    async with database.session() as session:
        one = await actor_for(session, await make_person(session, await make_site(session)))
        other = await actor_for(session, await make_person(session, await make_site(session)))
    statements = [
        people(one),
        people(other),
        people(replace(one, role=Role.LEADER)),
        people(replace(one, post_ids=frozenset({1}))),
        people(replace(one, team_id=7)),
        people(one, False),
    ]
    assert len({id(statement) for statement in statements}) == len(statements)


async def test_a_kept_statement_stays_within_its_readers_site_under_the_second_wall_too(database: Database) -> None:
    async with database.session() as session:
        here, there = await make_site(session), await make_site(session)
        mine, theirs = await make_person(session, here), await make_person(session, there)
        actors = [await actor_for(session, mine), await actor_for(session, theirs)]
    for _ in range(2):
        for actor, person in zip(actors, (mine, theirs), strict=True):
            async with database.session(site_id=actor.site_id) as session:
                assert (await session.scalars(people(actor))).all() == [person.id]
    bare = select(col(Person.id)).order_by(col(Person.id))
    for actor, person in zip(actors, (mine, theirs), strict=True):
        async with database.session(site_id=actor.site_id) as session:
            assert (await session.scalars(bare)).all() == [person.id]
