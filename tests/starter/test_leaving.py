"""A pack taken out of a site in one go, and put back as it was."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.commands.planning import resume_plan
from backend.checkins.models import InspectionPlan
from backend.core.database import Database
from backend.core.errors import Conflict, Forbidden, Invalid, NotFound
from backend.identity.actor import Actor
from backend.identity.models import AuditEntry, Person, Post, Role
from backend.plant.editing.commands import restoring, things
from backend.plant.editing.commands.undoing import undo_batch
from backend.plant.history import snapshot
from backend.plant.models import Area, Equipment, InstalledPack, Link, Point, PointStatus
from backend.risks.models import RiskPoint
from backend.starter.trades.installing import install_trade
from backend.starter.trades.leaving import OUT, put_back, take_out, what_leaves
from backend.starter.trades.wish import Wish
from tests.factories import made
from tests.starter.test_trades import admin_of_a_new_site, how_many, pack_of
from tests.webclient import running_app, signed_in

CHEMICAL = "chemical"
WHY = "选错了行业"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    one = Database(database_url, pool_size=2)
    yield one
    await one.close()


async def installed(session: AsyncSession, code: str = CHEMICAL) -> Actor:
    actor, pack = await admin_of_a_new_site(session), pack_of(code)
    sensors = frozenset(kind.code for kind in pack.equipment if kind.points)
    await install_trade(session, actor, pack, Wish(Wish.usual(pack).counts, sensors=sensors))
    return actor


async def in_use(session: AsyncSession, actor: Actor) -> dict[str, int]:
    """How much of each kind people meet in their work."""

    async def count(model: type[Any], condition: Any) -> int:
        return await session.scalar(select(func.count()).where(model.site_id == actor.site_id, condition)) or 0

    kept = {model.__name__: await count(model, model.retired_at.is_(None)) for model in (Equipment, Area, RiskPoint)}
    kept["Point"] = await count(Point, col(Point.status) == PointStatus.ACTIVE)
    return kept | {"InspectionPlan": await count(InspectionPlan, col(InspectionPlan.active).is_(True))}


async def everything(session: AsyncSession, actor: Actor) -> dict[tuple[str, int], Any]:
    """The plant as it is described, thing by thing."""
    found: dict[tuple[str, int], Any] = {}
    for model in (Equipment, Area, Point, Link):
        rows = await session.scalars(select(model).where(col(model.site_id) == actor.site_id))
        found |= {(model.__name__, row.id): snapshot(row) for row in rows}
    return found


async def test_all_it_brought_goes_out_of_use_and_nothing_is_deleted(database: Database) -> None:
    async with database.session() as session:
        actor, pack = await installed(session), pack_of(CHEMICAL)
        plan = await session.scalar(select(InspectionPlan).where(col(InspectionPlan.site_id) == actor.site_id).limit(1))
        assert plan is not None
        await resume_plan(session, actor, plan.id)
        before = await in_use(session, actor)
        rows = {model: await how_many(session, actor, model) for model in (Equipment, Area, Point, RiskPoint, Post)}
        going = (await what_leaves(session, actor, pack)).counts
        named = ("Equipment", "Area", "RiskPoint", "Point", "InspectionPlan")
        assert [going[key] for key in ("equipment", "areas", "risks", "points", "rounds")] == [before[k] for k in named]
        assert (await take_out(session, actor, pack, WHY)).counts == going
        assert set((await in_use(session, actor)).values()) == {0}
        assert {model: await how_many(session, actor, model) for model in rows} == rows
        with pytest.raises(Conflict):
            await take_out(session, actor, pack, WHY)
        with pytest.raises(Conflict, match="放回"):
            await install_trade(session, actor, pack, Wish.usual(pack))


async def test_put_back_the_plant_is_as_it_was_and_rounds_rest(database: Database) -> None:
    async with database.session() as session:
        actor, pack = await installed(session), pack_of(CHEMICAL)
        first, second = (await session.scalars(select(Equipment).where(col(Equipment.site_id) == actor.site_id))).all()[
            :2
        ]
        link = Link(site_id=actor.site_id, kind="material", source_equipment_id=first.id, target_equipment_id=second.id)
        await made(session, link)
        before, used = await everything(session, actor), await in_use(session, actor)
        await take_out(session, actor, pack, WHY)
        assert await how_many(session, actor, Link) == 0
        await put_back(session, actor, pack)
        assert await everything(session, actor) == before
        assert await in_use(session, actor) == used | {"InspectionPlan": 0}
        with pytest.raises(Conflict):
            await put_back(session, actor, pack)
        said = await session.scalars(
            select(col(AuditEntry.action)).where(
                col(AuditEntry.site_id) == actor.site_id, col(AuditEntry.action).like("setup.%")
            )
        )
        assert list(said)[-2:] == ["setup.take_out", "setup.put_back"]


async def test_what_the_site_added_itself_and_what_another_pack_needs_stays(database: Database) -> None:
    async with database.session() as session:
        actor = await installed(session, "machining")
        await install_trade(session, actor, pack_of("warehouse"), Wish.usual(pack_of("warehouse")))
        (area,) = await session.scalars(
            select(Area).where(col(Area.site_id) == actor.site_id, col(Area.code) == pack_of("machining").areas[0].code)
        )
        wanted = {"code": "OWN-1", "name": "自制设备", "name_en": "", "area_id": area.id}
        own = await things.create(session, actor, "equipment", wanted)
        await take_out(session, actor, pack_of("machining"), WHY)
        codes = set(
            await session.scalars(
                select(col(Equipment.code)).where(
                    col(Equipment.site_id) == actor.site_id, col(Equipment.retired_at).is_(None)
                )
            )
        )
        warehouse = {machine.code for machine in Wish.usual(pack_of("warehouse")).machines(pack_of("warehouse"))}
        assert own.code in codes and "FORKLIFT-1" in warehouse and warehouse <= codes
        assert area.retired_at is None, "something of the site's own stands there"


async def test_changed_since_nothing_is_put_back_and_it_says_what_to_do(database: Database) -> None:
    async with database.session() as session:
        actor, pack = await installed(session), pack_of(CHEMICAL)
        machine = (await session.scalars(select(Equipment).where(col(Equipment.site_id) == actor.site_id))).first()
        assert machine is not None
        await take_out(session, actor, pack, WHY)
        await restoring.restore(session, actor, "equipment", machine.id)
        with pytest.raises(Conflict, match="后来又改过"):
            async with session.begin_nested():
                await put_back(session, actor, pack)
        assert (await in_use(session, actor))["Equipment"] == 1


async def test_what_the_editor_took_back_already_is_only_marked(database: Database) -> None:
    async with database.session() as session:
        actor, pack = await installed(session), pack_of(CHEMICAL)
        used = await in_use(session, actor)
        await take_out(session, actor, pack, WHY)
        row = (await session.scalars(select(InstalledPack).where(col(InstalledPack.site_id) == actor.site_id))).one()
        await undo_batch(session, actor, row.details[OUT]["batch"])
        await put_back(session, actor, pack)
        assert await in_use(session, actor) == used


async def test_it_takes_an_administrator_a_reason_and_an_installed_pack(database: Database) -> None:
    async with database.session() as session:
        actor, pack = await installed(session), pack_of(CHEMICAL)
        officer = await admin_of_a_new_site(session, Role.SAFETY_OFFICER)
        for who, why, refusal in ((officer, WHY, Forbidden), (actor, " ", Invalid), (actor, "长" * 201, Invalid)):
            with pytest.raises(refusal):
                await take_out(session, who, pack, why)
        with pytest.raises(NotFound):
            await take_out(session, actor, pack_of("food"), WHY)
        elsewhere = await admin_of_a_new_site(session)
        with pytest.raises(NotFound):
            await take_out(session, elsewhere, pack, WHY)


async def test_on_the_pages_it_is_asked_said_and_undone(database: Database, database_url: str, redis_url: str) -> None:
    async with database.session() as session:
        actor = await installed(session)
        person = await session.get_one(Person, actor.person_id)
    out, pack = f"/setup/packs/out?code={CHEMICAL}", f"/setup/packs?code={CHEMICAL}"
    leaving = f"{pack}&leaving=1"
    async with running_app(database_url, redis_url) as app, signed_in(app, person) as browser:
        assert leaving.replace("&", "&amp;") in (await browser.get(pack)).text
        assert "会停用" in (await browser.get(leaving)).text
        refused = await browser.post(out, data={"why": ""})
        assert refused.status_code == 422 and "请写明原因" in refused.text
        assert (await browser.post(out, data={"why": WHY})).headers["location"] == pack
        page = (await browser.get(pack)).text
        assert WHY in page and "放回模板" in page and 'id="pack-form"' not in page
        assert "已退出" in (await browser.get("/setup/packs")).text
        assert (await browser.post(f"/setup/packs/back?code={CHEMICAL}")).status_code == 303
        assert 'id="pack-form"' in (await browser.get(pack)).text
        assert (await browser.get("/setup/packs?code=food&leaving=1")).status_code == 404
