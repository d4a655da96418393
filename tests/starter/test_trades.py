"""Packs for real sites: whole in both languages, installed as wished, and never twice."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from backend.checkins.models import InspectionPlan, InspectionStop, InspectionVisit
from backend.core.database import Database
from backend.core.errors import Forbidden, Invalid
from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.incidents.response.models import IncidentPlan
from backend.maintenance.models import MaintenancePlan
from backend.plant.drawing import TEXT_SIZE
from backend.plant.models import Area, Equipment, FloorPlan
from backend.risks.models import ControlMeasure, RiskPoint
from backend.starter.pack import PackError
from backend.starter.trades.installing import install_trade
from backend.starter.trades.pack import PACKS, TradePack, read_trade, trade_pack, trade_packs
from backend.starter.trades.sketch import sketch
from backend.starter.trades.wish import Wish, read_wish
from backend.tracing.library.models import CauseLibrary
from backend.training.models import Course
from tests.factories import actor_for, make_person, make_site

CODES = [pack.code for pack in trade_packs()]
EVERYTHING = (
    Area, Equipment, FloorPlan, InspectionPlan, InspectionStop, MaintenancePlan, RiskPoint, ControlMeasure, Course,
    IncidentPlan, CauseLibrary,
)  # fmt: skip


def pack_of(code: str) -> TradePack:
    found = trade_pack(code)
    assert found is not None
    return found


@pytest.mark.parametrize("code", CODES)
def test_a_pack_is_rich_enough_to_begin_with(code: str) -> None:
    pack = pack_of(code)
    assert 10 <= len(pack.equipment) <= 20
    assert 8 <= len(pack.risk_points) <= 15
    assert 4 <= len(pack.rounds) <= 8
    assert 2 <= len(pack.courses) <= 4
    assert sum(len(one.modes) for one in pack.causes.classes) >= 10


@pytest.mark.parametrize("code", CODES)
def test_each_source_of_harm_has_all_five_kinds_of_measures(code: str) -> None:
    for point in pack_of(code).risk_points:
        for source in point.sources:
            assert len({one.kind for one in source.measures}) == 5, (point.code, source.name)


@pytest.mark.parametrize("code", CODES)
def test_every_kind_of_equipment_is_looked_at_by_a_round(code: str) -> None:
    pack = pack_of(code)
    assert {kind.code for kind in pack.equipment} == {code for one in pack.rounds for code in one.equipment}


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("equipment.json", lambda d: d["equipment"][0].update(area="nowhere"), "there is no nowhere"),
        ("equipment.json", lambda d: d["equipment"].append(d["equipment"][0]), "given 2 times"),
        ("equipment.json", lambda d: d["equipment"][0].update(name_en=""), "name is missing in a language"),
        ("rounds.json", lambda d: d["rounds"][0]["items"][0].update(title_en=" "), "title is missing in a language"),
        ("rounds.json", lambda d: d["rounds"][0].update(items=[]), "needs equipment and items"),
        ("risks.json", lambda d: d["risk_points"][0].update(post="nobody"), "there is no post nobody"),
        ("causes.json", lambda d: d["causes"]["classes"][0].update(title=""), "title is missing in a language"),
        ("pack.json", lambda d: d.update(colour="red"), "unknown field"),
    ],
)
def test_a_pack_that_is_wrong_says_where(tmp_path: Path, file: str, change, said: str) -> None:  # type: ignore[no-untyped-def]
    folder = copytree(PACKS / "machining", tmp_path / "machining")
    document = json.loads((folder / file).read_text())
    change(document)
    (folder / file).write_text(json.dumps(document))
    with pytest.raises(PackError, match=said):
        read_trade(folder)


@given(st.dictionaries(st.sampled_from("ABCDEFG"), st.integers(0, 30), min_size=1))
def test_on_a_sketch_every_machine_lies_in_its_area_and_no_two_marks_meet(counts: dict[str, int]) -> None:
    drawn = sketch({area: [f"{area}-{n}" for n in range(count)] for area, count in counts.items()})
    for code, (x, y) in drawn.marks.items():
        (left, top), _, (right, bottom), _ = drawn.polygons[code[0]]
        assert y - 5.5 >= top + 3 * TEXT_SIZE * drawn.width, "two lines of words stand free above"
        assert left < x - 10.5 and x + 10.5 < right and top < y - 5.5 and y + 5.5 < bottom <= drawn.height
    marks = list(drawn.marks.values())
    assert all(abs(a[0] - b[0]) >= 21 or abs(a[1] - b[1]) >= 11 for i, a in enumerate(marks) for b in marks[:i])


def test_three_presses_get_numbers_and_the_name_of_the_works() -> None:
    wish = read_wish(pack_of("machining"), {"count_PRESS": "3", "name_PRESS": "冲压机", "count_SAW": "1"})
    named = {machine.code: (machine.name, machine.name_en) for machine in wish.machines(pack_of("machining"))}
    assert named == {
        "SAW-1": ("锯床", "Band saw"),
        "PRESS-1": ("冲压机 1 号", ""),
        "PRESS-2": ("冲压机 2 号", ""),
        "PRESS-3": ("冲压机 3 号", ""),
    }


@pytest.mark.parametrize("typed", [{}, {"count_PRESS": "100"}, {"count_PRESS": "-1"}, {"count_PRESS": "三"}])
def test_a_count_that_makes_no_sense_is_refused(typed: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        read_wish(pack_of("machining"), typed)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    one = Database(database_url, pool_size=2)
    yield one
    await one.close()


async def admin_of_a_new_site(session: AsyncSession, role: Role = Role.ADMIN) -> Actor:
    site = await make_site(session)
    return await actor_for(session, await make_person(session, site, role=role))


async def how_many(session: AsyncSession, actor: Actor, model: type[SQLModel]) -> int:
    site_id = col(model.site_id)  # type: ignore[attr-defined]
    return await session.scalar(select(func.count()).select_from(model).where(site_id == actor.site_id)) or 0


@pytest.mark.parametrize("code", CODES)
async def test_installed_twice_a_pack_doubles_nothing(database: Database, code: str) -> None:
    async with database.session() as session:
        actor, pack = await admin_of_a_new_site(session), pack_of(code)
        first = await install_trade(session, actor, pack, Wish.usual(pack))
        once = [await how_many(session, actor, model) for model in EVERYTHING]
        second = await install_trade(session, actor, pack, Wish.usual(pack))
        assert [await how_many(session, actor, model) for model in EVERYTHING] == once
        assert all(once)
        assert first.counts["risks"] == len(pack.risk_points)
        assert not second.anything


async def test_more_machines_later_come_into_the_resting_rounds_and_change_no_other(database: Database) -> None:
    async with database.session() as session:
        actor, pack = await admin_of_a_new_site(session), pack_of("machining")
        usual = Wish.usual(pack)
        await install_trade(session, actor, pack, usual)
        stops = await how_many(session, actor, InspectionStop)
        more = await install_trade(session, actor, pack, replace(usual, counts={**usual.counts, "PRESS": 5}))
        assert more.counts["equipment"] == 2
        assert await how_many(session, actor, InspectionStop) == stops + 2


async def test_what_the_site_does_not_have_brings_no_area_round_or_risk(database: Database) -> None:
    async with database.session() as session:
        actor, pack = await admin_of_a_new_site(session), pack_of("machining")
        came = await install_trade(session, actor, pack, Wish({"FORKLIFT": 1}))
        assert (came.counts["equipment"], came.counts["areas"], came.counts["rounds"]) == (1, 1, 1)
        codes = await session.scalars(select(col(RiskPoint.code)).where(col(RiskPoint.site_id) == actor.site_id))
        assert list(codes) == ["MC-10"]


async def test_nobody_misses_a_round_before_it_is_started(database: Database) -> None:
    async with database.session() as session:
        actor, pack = await admin_of_a_new_site(session), pack_of("machining")
        await install_trade(session, actor, pack, Wish.usual(pack))
        assert await how_many(session, actor, InspectionVisit) == 0


async def test_only_an_administrator_installs(database: Database) -> None:
    async with database.session() as session:
        actor, pack = await admin_of_a_new_site(session, Role.SAFETY_OFFICER), pack_of("machining")
        with pytest.raises(Forbidden):
            await install_trade(session, actor, pack, Wish.usual(pack))


async def test_two_packs_stand_beside_each_other(database: Database) -> None:
    async with database.session() as session:
        actor = await admin_of_a_new_site(session)
        for code in CODES:
            await install_trade(session, actor, pack_of(code), Wish.usual(pack_of(code)))
        wanted = {machine.code for pack in trade_packs() for machine in Wish.usual(pack).machines(pack)}
        assert await how_many(session, actor, Equipment) == len(wanted)
