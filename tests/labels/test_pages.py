"""Labels through the pages: making and printing them, what a scan leads to, and what an abused label does not."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import col

from backend.core.database import Database
from backend.embedded.refusals import Refusal
from backend.identity.models import AuditEntry, Person, Role, Site
from backend.labels import cli
from backend.labels.codes import spelled, token_of
from backend.labels.commands import make_labels, replace_label
from backend.labels.keys import label_key
from backend.labels.models import Label
from backend.labels.queries import Kind, labelled, live_label, things_named
from backend.plant.models import Area, Equipment
from tests.factories import actor_for, make_area, make_equipment, make_person, make_site
from tests.webclient import running_app, signed_in, visitor


@dataclass
class Plant:
    """A site with a labelled pump in an area, and who works there."""

    site: Site
    area: Area
    pump: Equipment
    officer: Person
    worker: Person
    label: Label

    @property
    def token(self) -> str:
        return token_of(self.label.token_name, label_key())


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url, ANSU_PUBLIC_URL="http://ansu.test") as running:
        yield running


@pytest.fixture
def database(app: FastAPI) -> Database:
    found: Database = app.state.database
    return found


@pytest.fixture
async def plant(database: Database) -> Plant:
    async with database.session() as session:
        site = await make_site(session)
        area = await make_area(session, site, name="泵区", name_en="Pumps")
        pump = await make_equipment(session, site, area, name="进料泵", name_en="Feed pump")
        officer = await make_person(session, site, Role.SAFETY_OFFICER)
        worker = await make_person(session, site, Role.WORKER)
        actor = await actor_for(session, officer)
        await make_labels(session, actor, await things_named(session, actor, [(Kind.EQUIPMENT, pump.id)]))
        label = await live_label(session, actor, Kind.EQUIPMENT, pump.id)
        assert label is not None
        return Plant(site, area, pump, officer, worker, label)


async def test_who_scans_without_a_sign_in_comes_back_to_the_equipment(app: FastAPI, plant: Plant) -> None:
    async with visitor(app) as phone:
        answer = await phone.get(f"/L/{plant.token}")
    assert answer.headers["location"] == f"/sign-in?next=/L/{plant.token}"
    async with signed_in(app, plant.worker) as phone:
        answer = await phone.get(f"/l/{plant.token.lower()}")
        assert answer.headers["location"] == f"/equipment/{plant.pump.id}?label={plant.token}"
        page = (await phone.get(answer.headers["location"])).text
    assert "已扫码，标签有效" in page and "进料泵" in page


async def test_a_short_code_leads_where_the_label_does(app: FastAPI, plant: Plant) -> None:
    async with signed_in(app, plant.worker) as phone:
        answer = await phone.get("/scan", params={"code": spelled(plant.label.code).lower()})
        assert answer.headers["location"] == f"/equipment/{plant.pump.id}?label={plant.token}"
        wrong = await phone.get("/scan", params={"code": plant.label.code[::-1] + "A"})
    assert wrong.status_code == 422 and "短码有误" in wrong.text


async def test_a_revoked_label_proves_nothing_and_says_what_to_do(
    app: FastAPI, database: Database, plant: Plant
) -> None:
    async with signed_in(app, plant.officer) as desk:
        unreasoned = await desk.post(f"/labels/equipment/{plant.pump.id}/replace")
        assert unreasoned.status_code == 422 and "请写明原因" in unreasoned.text
        answer = await desk.post(f"/labels/equipment/{plant.pump.id}/replace", data={"reason": "破损"})
        assert answer.status_code == 303
        page = (await desk.get(answer.headers["location"])).text
    assert spelled(plant.label.code) in page and "破损" in page
    async with signed_in(app, plant.worker) as phone:
        for path in (f"/l/{plant.token}", f"/scan?code={plant.label.code}"):
            refused = await phone.get(path)
            assert refused.status_code == 410
            assert "这个标签已作废" in refused.text and f'href="/equipment/{plant.pump.id}"' in refused.text
        page = (await phone.get(f"/equipment/{plant.pump.id}?label={plant.token}")).text
    assert "标签已作废或不属于这里" in page and "已扫码" not in page
    async with database.session() as session:
        actor = await actor_for(session, plant.worker)
        assert await labelled(session, actor, plant.token) is None
        new = await live_label(session, actor, Kind.EQUIPMENT, plant.pump.id)
        assert new is not None and await labelled(session, actor, token_of(new.token_name, label_key())) == new
        entry = (
            await session.scalars(
                select(AuditEntry).where(
                    col(AuditEntry.site_id) == plant.site.id, col(AuditEntry.action) == "label.replace"
                )
            )
        ).one()
    assert entry.change == {"label": [plant.label.id, new.id], "reason": ["", "破损"]}
    assert entry.actor_id == plant.officer.id


async def test_labels_of_another_site_and_forged_ones_lead_nowhere(
    app: FastAPI, database: Database, plant: Plant
) -> None:
    async with database.session() as session:
        stranger = await make_person(session, await make_site(session), Role.ADMIN, locale="en")
        assert await labelled(session, await actor_for(session, stranger), plant.token) is None
    forged = plant.token[:-1] + ("0" if plant.token[-1] != "0" else "1")
    async with signed_in(app, stranger) as phone:
        foreign = await phone.get(f"/l/{plant.token}")
        made_up = await phone.get(f"/l/{forged}")
        coded = await phone.get("/scan", params={"code": plant.label.code})
        picked = await phone.post("/labels/sheet", data={"things": f"equipment-{plant.pump.id}", "layout": "a4"})
    assert foreign.status_code == 404 and "not of your site" in foreign.text and "进料泵" not in foreign.text
    assert made_up.status_code == 404 and "not a label of AnSu" in made_up.text
    assert coded.status_code == 422 and picked.status_code == 422
    async with signed_in(app, plant.worker) as phone:
        elsewhere = await phone.get(f"/areas/{plant.area.id}?label={plant.token}")
    assert "标签已作废或不属于这里" in elsewhere.text, "a label proves its own place only"


async def test_who_guesses_labels_is_stopped(app: FastAPI, plant: Plant) -> None:
    async with signed_in(app, plant.worker) as phone:
        statuses = [(await phone.get(f"/l/{number:016d}")).status_code for number in range(32)]
        assert statuses[0] == 404 and statuses[-1] == 429
        assert (await phone.get(f"/l/{plant.token}")).status_code == 429


async def test_printing_makes_the_missing_labels_once(app: FastAPI, database: Database, plant: Plant) -> None:
    async with signed_in(app, plant.officer) as desk:
        assert "没有标签" in (await desk.get("/labels", params={"area": plant.area.id})).text
        for layout in ("a4", "roll"):
            sent = {"everything": "on", "area": plant.area.id, "layout": layout}
            answer = await desk.post("/labels/sheet", data=sent)
            assert answer.headers["content-type"] == "application/pdf" and answer.content.startswith(b"%PDF")
        by_code = {"everything": "on", "search": plant.pump.code.lower(), "layout": "roll"}
        assert len((await desk.post("/labels/sheet", data=by_code)).content) < len(answer.content), "one, not both"
        scanner = (await desk.get("/scan")).headers["content-security-policy"]
        assert "wasm-unsafe-eval" in scanner and "unsafe-inline" not in scanner
        assert "wasm" not in (await desk.get("/labels")).headers["content-security-policy"]
        assert (await desk.post("/labels/sheet", data={"things": f"area-{'9' * 5000}"})).status_code == 422
        page = (await desk.get("/labels", params={"state": "without"})).text
        assert "没有符合条件的设备和区域" in page
        nothing = await desk.post("/labels/sheet", data={"layout": "a4"})
        assert nothing.status_code == 422 and "请先勾选" in nothing.text
    async with signed_in(app, plant.worker) as phone:
        assert (await phone.get("/labels")).status_code == 403
    async with database.session() as session:
        labels = await session.scalars(select(Label).where(col(Label.site_id) == plant.site.id))
        assert {(label.equipment_id, label.area_id) for label in labels} == {
            (plant.pump.id, None),
            (None, plant.area.id),
        }


async def test_two_people_who_replace_a_label_at_once_leave_one(database: Database, plant: Plant) -> None:
    import asyncio

    async def replace() -> None:
        async with database.session() as session:
            await replace_label(session, await actor_for(session, plant.officer), Kind.EQUIPMENT, plant.pump.id, "破损")

    await asyncio.gather(replace(), replace(), replace())
    async with database.session() as session:
        labels = list(await session.scalars(select(Label).where(col(Label.equipment_id) == plant.pump.id)))
    assert len(labels) == 4 and [label.revoked_at is None for label in labels].count(True) == 1


async def test_the_console_prints_a_whole_site(database: Database, plant: Plant, tmp_path) -> None:  # type: ignore[no-untyped-def]
    import asyncio

    out = tmp_path / "labels.pdf"
    asked = ["--site", plant.site.code, "--out", str(out), "--url", "https://10.0.0.5:8471"]
    assert await asyncio.to_thread(cli.main, asked) == 0
    assert out.read_bytes().startswith(b"%PDF")
    async with database.session() as session:
        made = (await session.scalars(select(Label).where(col(Label.area_id) == plant.area.id))).one()
        assert made.made_by is None
        entry = (
            await session.scalars(
                select(AuditEntry).where(
                    col(AuditEntry.object_type) == "area", col(AuditEntry.object_id) == plant.area.id
                )
            )
        ).one()
    assert (entry.action, entry.actor_id) == ("label.make", None)
    for wrong, said in (("--area", "没有区域"), ("--out", "无法写入")):
        with pytest.raises(Refusal, match=said):
            await asyncio.to_thread(cli.main, [*asked, wrong, "/nowhere/x"])
    with pytest.raises(Refusal, match="没有可打印"):
        await asyncio.to_thread(cli.main, [*asked, "--new"])


async def test_an_area_shows_what_stands_in_it(app: FastAPI, plant: Plant) -> None:
    async with signed_in(app, plant.worker) as phone:
        page = (await phone.get(f"/areas/{plant.area.id}")).text
    assert "泵区" in page and "进料泵" in page and f'href="/equipment/{plant.pump.id}"' in page
