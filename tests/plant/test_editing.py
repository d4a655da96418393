"""Editing the plant: what is logged, taken back, hidden; links that traces follow; a workbook, all or nothing."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.database import Database
from backend.core.errors import Conflict, Forbidden, Invalid, NotFound
from backend.core.i18n import catalogue, translate
from backend.identity.actor import Actor
from backend.identity.models import AuditEntry, Role
from backend.identity.models import Site as IdentitySite
from backend.plant.commands import edit_point
from backend.plant.editing import queries
from backend.plant.editing.commands import drawing, importing, linking, restoring, things
from backend.plant.editing.commands.undoing import undo
from backend.plant.editing.fields import read_all
from backend.plant.editing.importing import plant_as_it_is, workbook
from backend.plant.editing.matching import Verdict, match
from backend.plant.editing.sheet import Cells, read_workbook
from backend.plant.models import Equipment, Link, PlantChange, Point, PointStatus
from backend.plant.queries import all_equipment, floor_plan
from backend.tracing.plant import equipment_key, plant_map
from tests.factories import actor_for, make_area, make_equipment, make_person, make_point, make_site


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, pool_size=5)
    yield database
    await database.close()


@dataclass
class Site:
    """A site with two pieces of equipment, a point on the first, and somebody who may edit."""

    actor: Actor
    first: Equipment
    second: Equipment
    point: Point
    session: AsyncSession

    async def link(self, kind: str = "material", delay: float | None = 60.0) -> Link:
        joining = linking.Joining(f"equipment:{self.first.id}", f"equipment:{self.second.id}")
        return await linking.add_link(self.session, self.actor, joining, {"kind": kind, "delay_s": delay})

    async def latest(self) -> queries.Batch:
        return (await queries.batches(self.session, self.actor))[0]


@pytest.fixture
async def plant(database: Database) -> AsyncIterator[Site]:
    async with database.session() as session:
        site = await make_site(session)
        actor = await actor_for(session, await make_person(session, site, Role.SAFETY_OFFICER))
        area = await make_area(session, site)
        first, second = await make_equipment(session, site, area), await make_equipment(session, site, area)
        yield Site(actor, first, second, await make_point(session, site, first), session)


async def test_a_change_is_logged_with_before_and_after_audited_and_taken_back(plant: Site) -> None:
    was = plant.first.name
    wanted = {"name": "新反应器", "name_en": "", "equipment_class": "reactor"}
    await things.edit(plant.session, plant.actor, "equipment", plant.first.id, wanted)
    batch = await plant.latest()
    assert batch.changes[0].before["name"] == was and batch.changes[0].after["name"] == "新反应器"
    entry = (await plant.session.scalars(select(AuditEntry).order_by(col(AuditEntry.id).desc()).limit(1))).one()
    assert entry.action == "plant.edit" and entry.change["name"] == [was, "新反应器"]
    await undo(plant.session, plant.actor, batch.last_id)
    assert (plant.first.name, plant.first.equipment_class) == (was, "")
    back = await plant.latest()
    assert back.reverses and (await queries.batches(plant.session, plant.actor))[1].reversed
    with pytest.raises(Conflict):
        await undo(plant.session, plant.actor, batch.last_id)
    await undo(plant.session, plant.actor, back.last_id)
    assert plant.first.name == "新反应器", "what was taken back can be taken back"


async def test_what_changed_since_is_not_taken_back_over_it(plant: Site) -> None:
    for name in ("一", "二"):
        await things.edit(plant.session, plant.actor, "equipment", plant.first.id, {"name": name})
    first = (await queries.batches(plant.session, plant.actor))[1]
    with pytest.raises(Conflict):
        async with plant.session.begin_nested():
            await undo(plant.session, plant.actor, first.last_id)
    assert plant.first.name == "二"


async def test_the_pages_that_were_there_before_log_too(plant: Site) -> None:
    point = plant.point
    await edit_point(plant.session, plant.actor, point.id, name="甲", name_en="", unit="bar", range_low=0, range_high=9)
    assert (await plant.latest()).changes[0].after["unit"] == "bar"


async def test_equipment_goes_out_of_use_with_points_and_links_and_all_come_back(plant: Site) -> None:
    link = await plant.link()
    await things.retire(plant.session, plant.actor, "equipment", plant.first.id)
    assert [one.id for one in await all_equipment(plant.session, plant.actor)] == [plant.second.id]
    assert plant.point.status == PointStatus.RETIRED and not await queries.links(plant.session, plant.actor)
    batch = await plant.latest()
    assert batch.count == 3
    with pytest.raises(Invalid):
        await plant.link()
    await undo(plant.session, plant.actor, batch.last_id)
    assert plant.first.retired_at is None and plant.point.status == PointStatus.ACTIVE
    (row,) = await queries.links(plant.session, plant.actor)
    assert (row.link.id, row.link.delay_s) == (link.id, 60.0)


async def test_what_went_with_equipment_comes_back_with_it_and_goes_again_when_taken_back(
    plant: Site,
) -> None:
    link = await plant.link()
    alone = await make_point(plant.session, await plant.session.get_one(IdentitySite, plant.actor.site_id), plant.first)
    await things.retire(plant.session, plant.actor, "point", alone.id)
    await things.retire(plant.session, plant.actor, "equipment", plant.first.id)
    assert await restoring.restore(plant.session, plant.actor, "equipment", plant.first.id) == 2
    assert plant.first.retired_at is None and plant.point.status == PointStatus.ACTIVE
    assert alone.status == PointStatus.RETIRED, "it had gone by itself before"
    assert [row.link.id for row in await queries.links(plant.session, plant.actor)] == [link.id]
    assert await restoring.restore(plant.session, plant.actor, "equipment", plant.first.id) == 0
    await undo(plant.session, plant.actor, (await plant.latest()).last_id)
    assert plant.first.retired_at and plant.point.status == PointStatus.RETIRED
    assert not await queries.links(plant.session, plant.actor)


async def test_a_link_comes_back_when_the_later_of_its_ends_does_unless_it_went_by_itself(plant: Site) -> None:
    ends = [plant.first.id, plant.second.id]
    kept, removed = await plant.link(), await plant.link("air")
    await linking.remove_link(plant.session, plant.actor, removed.id)
    for id_ in ends:
        await things.retire(plant.session, plant.actor, "equipment", id_)
    assert await restoring.restore(plant.session, plant.actor, "equipment", ends[0]) == 1, "the point alone"
    assert not await queries.links(plant.session, plant.actor)
    assert await restoring.restore(plant.session, plant.actor, "equipment", ends[1]) == 1
    assert [row.link.id for row in await queries.links(plant.session, plant.actor)] == [kept.id]
    await linking.remove_link(plant.session, plant.actor, kept.id)
    await things.retire(plant.session, plant.actor, "equipment", ends[1])
    assert await restoring.restore(plant.session, plant.actor, "equipment", ends[1]) == 0
    assert not await queries.links(plant.session, plant.actor), "somebody took it away meanwhile"


async def test_what_was_added_goes_out_of_use_when_taken_back(plant: Site) -> None:
    wanted = {"code": "S1", "name": "进料", "name_en": ""}
    stage = await things.create(plant.session, plant.actor, "stage", wanted)
    with pytest.raises(Invalid):
        await things.create(plant.session, plant.actor, "stage", wanted)
    await undo(plant.session, plant.actor, (await plant.latest()).last_id)
    assert stage.retired_at is not None


async def test_things_are_moved_one_place_and_that_is_taken_back(plant: Site) -> None:
    ids = [plant.first.id, plant.second.id]
    await things.move(plant.session, plant.actor, "equipment", plant.second.id, -1)
    assert [one.id for one in await all_equipment(plant.session, plant.actor)] == ids[::-1]
    await things.move(plant.session, plant.actor, "equipment", plant.second.id, -1)
    await undo(plant.session, plant.actor, (await plant.latest()).last_id)
    assert [one.id for one in await all_equipment(plant.session, plant.actor)] == ids


async def test_a_new_trace_goes_along_a_new_link_and_no_longer_along_one_taken_away(plant: Site) -> None:
    key = equipment_key(plant.first.id), equipment_key(plant.second.id)
    link = await plant.link(delay=300)
    graph = (await plant_map(plant.session, plant.actor.site_id)).graph()
    assert [(one.source, one.target, one.delay_s) for one in graph.links if one.source == key[0]] == [(*key, 300)]
    await linking.remove_link(plant.session, plant.actor, link.id)
    assert not (await plant_map(plant.session, plant.actor.site_id)).links
    await undo(plant.session, plant.actor, (await plant.latest()).last_id)
    assert len((await plant_map(plant.session, plant.actor.site_id)).links) == 1


async def test_a_link_leads_elsewhere_and_is_there_once(plant: Site) -> None:
    here = f"equipment:{plant.first.id}"
    link = await plant.link()
    await plant.link("energy")
    for joining in (linking.Joining(here, here), linking.Joining(here, "equipment:999999"), linking.Joining(here, "")):
        with pytest.raises(Invalid):
            await linking.add_link(plant.session, plant.actor, joining, {"kind": "air", "delay_s": None})
    with pytest.raises(Invalid):
        await plant.link()
    with pytest.raises(Invalid):
        await linking.edit_link(plant.session, plant.actor, link.id, {"kind": "energy", "delay_s": None})


async def test_a_second_plan_has_its_own_areas_and_marks(plant: Site) -> None:
    session, actor = plant.session, plant.actor
    plans = [await drawing.add_plan(session, actor, name, "", None) for name in ("一层", "二层")]
    area = await things.create(session, actor, "area", {"code": "A1", "name": "反应区", "name_en": ""})
    square = [(10.0, 10.0), (110.0, 10.0), (110.0, 110.0), (10.0, 110.0)]
    await drawing.outline(session, actor, plans[1].id, area.id, square)
    await drawing.place(session, actor, plans[1].id, plant.first.id, (50.0, 60.0))
    first, second = [await floor_plan(session, actor, plan.id) for plan in plans]
    assert first and second and not first.areas and not first.equipment
    assert second.areas[0].polygon == tuple(square) and second.equipment[0].x == 50
    await things.move(session, actor, "floor_plan", plans[1].id, -1)
    shown = await floor_plan(session, actor)
    assert shown and shown.id == plans[1].id
    with pytest.raises(Invalid):
        await drawing.place(session, actor, plans[1].id, plant.first.id, (361.0, 60.0))
    await things.retire(session, actor, "area", area.id)
    shown = await floor_plan(session, actor)
    assert shown and not shown.areas


async def test_a_worker_changes_nothing_and_another_site_is_not_there(plant: Site, database: Database) -> None:
    async with database.session() as session:
        site = await make_site(session)
        worker = await actor_for(session, await make_person(session, site, Role.WORKER))
        officer = await actor_for(session, await make_person(session, site, Role.SAFETY_OFFICER))
    with pytest.raises(Forbidden):
        await things.retire(plant.session, worker, "equipment", plant.first.id)
    for call in (
        things.retire(plant.session, officer, "equipment", plant.first.id),
        things.edit(plant.session, officer, "point", plant.point.id, {"name": "x"}),
        drawing.place(plant.session, officer, 1, plant.first.id, None),
    ):
        with pytest.raises(NotFound):
            await call
    with pytest.raises(Invalid):
        await things.edit(plant.session, plant.actor, "equipment", plant.first.id, {"area_id": 999999})


async def send(plant: Site, rows: dict[str, list[dict[str, str]]]) -> int:
    cells = Cells({kind: list(enumerate(sheet, 2)) for kind, sheet in rows.items()})
    return (await importing.keep_import(plant.session, plant.actor, "x.xlsx", cells)).id


async def test_a_workbook_is_applied_as_a_whole_once_and_taken_back_as_a_whole(plant: Site) -> None:
    session, actor = plant.session, plant.actor
    rows = {
        "equipment": [{"code": "R-77", "name": "七釜"}, {"code": plant.first.code, "name": "一釜"}],
        "point": [{"code": "TI-77", "name": "温度", "equipment_id": "R-77", "unit": "℃", "range_high": "200"}],
    }
    bad = await send(plant, {**rows, "point": [{**rows["point"][0], "range_high": "很高"}]})
    with pytest.raises(Conflict):
        await importing.apply_import(session, actor, bad)
    assert await session.scalar(select(func.count()).select_from(Point).where(col(Point.code) == "TI-77")) == 0
    sent = await send(plant, rows)
    await importing.apply_import(session, actor, sent)
    point = (await session.scalars(select(Point).where(col(Point.code) == "TI-77"))).one()
    equipment = (await session.scalars(select(Equipment).where(col(Equipment.code) == "R-77"))).one()
    assert (point.equipment_id, point.range_high, plant.first.name) == (equipment.id, 200.0, "一釜")
    with pytest.raises(Conflict):
        await importing.apply_import(session, actor, sent)
    again = match(
        {kind: list(enumerate(sheet, 2)) for kind, sheet in rows.items()}, await plant_as_it_is(session, actor)
    )
    assert {row.verdict for row in again} == {Verdict.SAME}
    batch = await plant.latest()
    assert batch.count == 3
    await undo(session, actor, batch.last_id)
    assert (point.status, plant.first.name) == (
        PointStatus.RETIRED,
        batch.changes[-2].before.get("name", plant.first.name),
    )


async def test_a_point_that_a_gateway_sent_is_adopted_by_its_row(plant: Site) -> None:
    pending = Point(site_id=plant.actor.site_id, code="g/1 x", name="g/1 x", status=PointStatus.PENDING)
    plant.session.add(pending)
    await plant.session.flush()
    fine = Point(site_id=plant.actor.site_id, code="g-2", name="g-2", status=PointStatus.PENDING)
    plant.session.add(fine)
    await plant.session.flush()
    await importing.apply_import(
        plant.session, plant.actor, await send(plant, {"point": [{"code": "g-2", "name": "流量"}]})
    )
    assert (fine.status, fine.name, pending.status) == (PointStatus.ACTIVE, "流量", PointStatus.PENDING)


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
async def test_what_is_exported_comes_back_without_loss(plant: Site, locale: str) -> None:
    today = plant.actor.zone and (await plant_as_it_is(plant.session, plant.actor)).today
    odd = {"code": "=1-1", "name": "'+86_x000D_ <b>", "name_en": "@x", "unit": "m³/h", "kind": "quality"}
    odd |= {"range_low": "-0.1", "range_high": "1e-3", "decimals": "0", "manipulated": "on"}
    odd |= {"equipment_id": str(plant.second.id), "expected_interval_s": "0.5"}
    await things.create(plant.session, plant.actor, "point", read_all("point", odd, today))
    days = {"code": "-5", "name": "泵", "commissioned_on": "2015-03-09", "area_id": str(plant.first.area_id)}
    await things.create(plant.session, plant.actor, "equipment", read_all("equipment", days, today))
    data = await workbook(plant.session, plant.actor, lambda words: translate(locale, words), empty=False)
    rows = match(read_workbook(data, catalogue("en")).rows, await plant_as_it_is(plant.session, plant.actor))
    assert len(rows) == 5 and {row.verdict for row in rows} == {Verdict.SAME}, [
        row for row in rows if row.faults or row.changes
    ]


async def test_an_import_of_a_thousand_rows_is_logged_row_by_row_and_audited_once(plant: Site) -> None:
    rows: list[dict[str, Any]] = [{"code": f"P-{n:04}", "name": f"测点{n}"} for n in range(1000)]
    await importing.apply_import(plant.session, plant.actor, await send(plant, {"point": rows}))
    assert (await plant.latest()).count == 1000
    logged = select(func.count()).select_from(PlantChange).where(col(PlantChange.site_id) == plant.actor.site_id)
    assert await plant.session.scalar(logged) == 1000
    audited = text("SELECT count(*) FROM audit_entry WHERE site_id = :site")
    assert await plant.session.scalar(audited, {"site": plant.actor.site_id}) == 1
