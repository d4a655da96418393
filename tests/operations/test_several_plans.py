"""Pages of a plant with two floors: each shows the floor that matters first, names the others, and leads there."""

import re
from dataclasses import dataclass

import pytest
from fastapi import FastAPI

from backend.alarms.models import Level
from backend.core.database import Database
from backend.incidents.recording import Said
from tests.checkins.rounds import make_plant
from tests.factories import actor_for
from tests.incidents.scene import Scene, raised, set_scene, tapped
from tests.incidents.test_pages import browsing, text_of
from tests.plant.two_floors import TwoFloors, lie, stand, two_floors


@dataclass
class House:
    """The scene with its pump below in its area, the reactor right above it in the loft."""

    scene: Scene
    floors: TwoFloors

    async def burns(self, database: Database, below: Level, above: Level) -> None:
        """An alarm on each floor."""
        await raised(database, self.scene, "flow", below)
        await raised(database, self.scene, "pressure", above, area_id=self.floors.loft.id)


@pytest.fixture
async def house(database: Database, scene: Scene) -> House:
    async with database.session() as session:
        floors = await two_floors(session, scene.site)
        await lie(session, floors.ground, scene.area)
        await stand(session, floors.ground, scene.pump)
        await stand(session, floors.upper, scene.reactor)
    return House(scene, floors)


def chips(page: str) -> dict[str, tuple[bool, str, str]]:
    """By the plan's name: whether it is shown, what is said of it, where its chip leads."""
    nav = re.search(r'<nav class="plan-chips".*?</nav>', page, re.S)
    found = {}
    for head, inner in re.findall(r"<a ([^>]*)>(.*?)</a>", nav[0], re.S) if nav else ():
        name, said = text_of(inner).strip().split(" ", 1) if " " in text_of(inner).strip() else (text_of(inner), "")
        [href] = re.findall(r'href="([^"]*)"', head)
        found[name.strip()] = ("aria-current" in head, " ".join(said.split()), href.replace("&amp;", "&"))
    return found


async def test_the_risk_map_opens_on_the_floor_that_burns_and_says_the_worst_of_each(
    app: FastAPI, database: Database, house: House
) -> None:
    await house.burns(database, Level.GENERAL, Level.MAJOR)
    ground = house.floors.ground.id
    async with browsing(app, house.scene.officer) as officer:
        page = (await officer.get("/risk-map")).text
        found = chips(page)
        assert {name: one[:2] for name, one in found.items()} == {"一层": (False, "● 一般"), "二层": (True, "◆ 重大")}
        plan = page[page.index('<svg class="plan-map') : page.index("</svg>", page.index('<svg class="plan-map'))]
        assert "上料间" in plan and house.scene.area.name not in plan
        below = (await officer.get(found["一层"][2])).text
        assert chips(below)["一层"][0] and house.scene.area.name in below
        assert f'href="/risk-map?plan={house.floors.upper.id}"' in below, "the area above leads to its floor"
        still = (await officer.get(f"/risk-map?show=still&plan={ground}")).text
        assert {one[1] for one in chips(still).values()} == {"没有风险点"} and chips(still)["一层"][0]
        assert chips(still)["二层"][2].startswith("/risk-map?show=still&plan="), "still stays still"
        assert f'href="/risk-map?plan={ground}"' in still, "and the floor stays the floor"
        part = await officer.get(f"/risk-map?plan={ground}", headers={"HX-Request": "true", "HX-Target": "risk-map"})
        assert chips(part.text)["一层"][0]


async def test_the_distribution_shows_where_most_was_with_how_many_on_each_floor(
    app: FastAPI, database: Database, house: House
) -> None:
    await house.burns(database, Level.MAJOR, Level.LOW)
    await raised(database, house.scene, "temperature", area_id=house.floors.loft.id)
    async with browsing(app, house.scene.officer) as officer:
        found = chips((await officer.get("/distribution?source=alarm&period=7d")).text)
        assert {name: one[:2] for name, one in found.items()} == {"一层": (False, "1 条"), "二层": (True, "2 条")}
        assert found["一层"][2].startswith("/distribution?source=alarm&period=7d&plan="), "what was filtered stays so"
        below = (await officer.get(found["一层"][2])).text
        assert chips(below)["一层"][0]
        narrowed = chips((await officer.get(f"/distribution?source=alarm&area={house.scene.area.id}")).text)
        assert narrowed["一层"][0], "what is narrowed to an area shows its floor"


async def test_the_live_plant_says_the_worst_alarm_of_each_floor_and_keeps_what_was_searched(
    app: FastAPI, database: Database, house: House
) -> None:
    await house.burns(database, Level.LOW, Level.MAJOR)
    async with browsing(app, house.scene.worker) as worker:
        found = chips((await worker.get("/plant?search=设备")).text)
        assert {name: one[:2] for name, one in found.items()} == {"一层": (True, "○ 低"), "二层": (False, "◆ 重大")}
        above = (await worker.get(found["二层"][2])).text
        assert chips(above)["二层"][0] and 'value="设备"' in above
        assert f'<input type="hidden" name="plan" value="{house.floors.upper.id}">' in above
        part = {"HX-Request": "true", "HX-Target": "plant-list"}
        again = (await worker.get(f"/plant?plan={house.floors.upper.id}&search=甲", headers=part)).text
        assert 'hx-swap-oob="true"' in again and "search=%E7%94%B2" in chips(again)["一层"][2]


async def test_a_hazard_is_pointed_at_on_each_floor_and_the_form_opens_at_its_place(app: FastAPI, house: House) -> None:
    async with browsing(app, house.scene.worker) as worker:
        page = (await worker.get("/reports/new")).text
        above = (await worker.get(f"/reports/new?equipment={house.scene.reactor.id}")).text
    ground, upper = house.floors.ground.id, house.floors.upper.id
    for plan, unit in ((ground, house.scene.pump), (upper, house.scene.reactor)):
        figure = page[page.index(f'id="place-plan-{plan}"') :]
        assert f'href="/equipment/{unit.id}"' in figure[: figure.index("</figure>")]
    assert f'data-area="{house.floors.loft.id}"' in page
    assert chips(page)["一层"] == (True, "", f"#place-plan-{ground}") and chips(above)["二层"][0]


async def test_a_round_opens_on_the_floor_of_its_next_stop_with_how_many_on_each(
    app: FastAPI, database: Database
) -> None:
    async with database.session() as session:
        plant = await make_plant(session)
        floors = await two_floors(session, plant.site)
        await stand(session, floors.upper, plant.pump)
        await stand(session, floors.ground, plant.tank)
        worker = await actor_for(session, plant.worker)
    async with browsing(app, worker) as phone:
        page = (await phone.get("/checkins")).text
        found = chips(page)
        [(name, number)] = dots(page)
        shown, hidden = ("二层", "一层") if name == "循环泵" else ("一层", "二层")
        assert number == "1" and found[shown][0] and {one[1] for one in found.values()} == {"1 处"}
        other = (await phone.get(found[hidden][2])).text
    assert chips(other)[hidden][0]
    assert dots(other) == [("储罐" if name == "循环泵" else "循环泵", "2")], "numbered as in the list, on either floor"


def dots(page: str) -> list[tuple[str, str]]:
    """Name and number of each stop that the map of the round shows."""
    return re.findall(r'class="round-dot[^>]*aria-label="(\S+?)，.*?<text[^>]*>(\S+)</text>', page, re.S)


async def test_programs_read_one_plan_and_which_there_are(app: FastAPI, house: House) -> None:
    async with browsing(app, house.scene.worker) as program:
        first = (await program.get("/api/v1/plant")).json()
        above = (await program.get(f"/api/v1/plant?plan={house.floors.upper.id}")).json()
    assert first["plan"]["id"] == house.floors.ground.id and first["plan"]["width_m"] == 500
    assert [one["name_en"] for one in first["plans"]] == ["Ground floor", "Upper floor"]
    assert [one["id"] for one in above["areas"]] == [house.floors.loft.id]


async def test_a_plan_that_is_not_there_is_not_found_on_any_page_nor_another_sites(
    app: FastAPI, database: Database, house: House
) -> None:
    async with database.session() as session:
        foreign = (await two_floors(session, (await set_scene(session)).site)).upper.id
    incident = await tapped(database, house.scene.worker, house.scene, said=Said("冒烟"))
    here = f"/incidents/{incident.id}"
    pages = ["/plant", "/plant/scale", "/risk-map", "/distribution", "/checkins", "/api/v1/plant"]
    pages += [f"{here}/{part}" for part in ("scope", "wall", "cordon", "positions", "positions/replay")]
    async with browsing(app, house.scene.admin) as admin:
        for page in pages:
            assert (await admin.get(f"{page}?plan={house.floors.upper.id}")).status_code == 200, page
            for wrong in (foreign, 2**40):
                assert (await admin.get(f"{page}?plan={wrong}")).status_code == 404, page


async def test_where_there_is_one_plan_nobody_is_asked_to_choose(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    async with database.session() as session:
        floors = await two_floors(session, scene.site)
        await session.delete(floors.loft)
        await session.flush()
        await session.delete(floors.upper)
        await stand(session, floors.ground, scene.pump, scene.reactor)
    incident = await tapped(database, scene.worker, scene)
    pages = ["/plant", "/plant/scale", "/risk-map", "/distribution", "/checkins", "/reports/new"]
    pages += [f"/incidents/{incident.id}/{part}" for part in ("scope", "wall", "cordon", "positions")]
    async with browsing(app, scene.admin) as admin:
        for page in pages:
            answer = await admin.get(page)
            assert answer.status_code == 200 and "plan-chips" not in answer.text, page
