"""Pages that are made once for many: a change is seen at once, and nobody gets what another may see."""

from dataclasses import replace

from fastapi import FastAPI
from starlette.requests import Request

from backend.core.database import Database
from backend.core.events import record_event
from backend.identity.models import Role
from backend.identity.queries.standing import stands_at
from backend.identity.sharing import sees, shared
from backend.risks import commands
from backend.risks.terms import PointTerms
from tests.factories import actor_for, make_person
from tests.risks.conftest import Plant, make_plant
from tests.webclient import signed_in

PAGES = ("/risks", "/risk-map?show=still")


def terms(name: str) -> PointTerms:
    return PointTerms(f"R-{name}", name, "equipment", "team")


async def test_a_risk_point_is_in_the_list_of_who_looked_a_moment_before(
    app: FastAPI, database: Database, plant: Plant
) -> None:
    async with signed_in(app, plant.people[Role.MANAGER]) as manager:
        assert "还没有风险点" in (await manager.get("/risks")).text
        async with database.session() as session:
            actor = await actor_for(session, plant.leader)
            await commands.make_point(session, actor, replace(terms("装卸台"), area_id=plant.area.id))
        assert "装卸台" in (await manager.get("/risks")).text
        assert "装卸台" not in (await manager.get("/risks?q=反应釜")).text


async def test_another_site_gets_its_own(app: FastAPI, database: Database, plant: Plant) -> None:
    async with database.session() as session:
        other = await make_plant(session)
        for one, name in ((plant, "这边的罐区"), (other, "那边的锅炉")):
            one.area.name = f"{name}区"
            session.add(await session.merge(one.area))
            await commands.make_point(session, await actor_for(session, one.leader), terms(name))
    for page in PAGES:
        for one, own, foreign in ((plant, "这边的罐区", "那边的锅炉"), (other, "那边的锅炉", "这边的罐区")):
            async with signed_in(app, one.leader) as leader:
                found = (await leader.get(page)).text
            assert own in found and foreign not in found, page


async def test_it_is_made_once_for_leaders_alike_and_again_for_whom_it_differs(
    app: FastAPI, database: Database, plant: Plant
) -> None:
    asked = Request({"type": "http", "app": app, "headers": [(b"accept-language", b"zh")], "state": {}})
    made = []
    async with database.session() as session:
        mate = await actor_for(session, await make_person(session, plant.site, Role.LEADER, plant.team))
        leader = await actor_for(session, plant.leader)
        people = [
            leader,
            replace(leader, team_id=None),
            replace(leader, role=Role.MANAGER),
            replace(leader, modules_off=frozenset({"risks"})),
            await actor_for(session, plant.people[Role.WORKER]),
            await actor_for(session, await make_person(session, plant.site, Role.WORKER, plant.team)),
        ]
        for one in (*people, mate, *people):

            async def make(mark: object = sees(one)) -> object:
                made.append(mark)
                return mark

            assert await shared(asked, session, one, "of a test", "question", make) == sees(one)
    assert len(made) == len(set(made)) == len(people), "mates lead alike; workers see their own alone"
    async with database.session() as session:
        assert await shared(asked, session, leader, "of a test", "another", make) and len(made) == len(people) + 1


async def test_what_began_before_and_is_committed_after_others_is_seen(database: Database, plant: Plant) -> None:
    async def word() -> object:
        async with database.session() as session:
            return await stands_at(session, await actor_for(session, plant.leader))

    told = {"site_id": plant.site.id, "kind": "alarm.noted", "subject": "alarm", "subject_id": 1}
    before = await word()
    async with database.session() as late:
        await record_event(late, **told)
        async with database.session() as session:
            await record_event(session, **told)
        between = await word()
        assert between not in {before}, "what is committed already counts"
    after = await word()
    assert after not in {before, between}
