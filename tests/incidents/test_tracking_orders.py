"""Production orders: rows as a spreadsheet gives them, what a production system puts, and which an incident stops."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.incidents.tracking.models import ProductionOrder
from backend.incidents.tracking.ordering import AHEAD, read_rows, standstill
from backend.plant.models import Equipment, Stage
from tests.factories import made, make_equipment, make_link
from tests.incidents.scene import Scene, tapped
from tests.incidents.test_pages import browsing, text_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
GOOD = "A-1\t甲醇\tMIX\t2026/1/31 8:00\t2026-01-31 20:00:00\t1,200\tt"


def test_rows_of_a_spreadsheet_and_with_commas_are_read_in_the_zone_of_the_site() -> None:
    text = f"编号\t产品\t环节\t开始\t结束\t数量\t单位\n\n{GOOD}\n"
    text += 'A-2,"醋酸，食品级",MIX,2026-01-31T00:00Z,2026-01-31T06:00+08:00,5,t\n'
    text += "A-3,乙醇,MIX,2026-01-31 08:00,2026-02-01 08:00,2.5,t"
    taken, refused = read_rows(text, SHANGHAI, {"MIX"})
    assert [one.number for one in taken] == ["A-1", "A-3"]
    assert taken[0].starts_at == datetime(2026, 1, 31, 0, tzinfo=UTC) and taken[0].quantity == 1200
    assert [one.line for one in refused] == [4], "by its zones it ends before it begins"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("MIX", "MAX", "没有这个代码"),
        ("1,200", "0", "数量"),
        ("1,200", "viel", "数量"),
        ("2026/1/31 8:00", "morgen", "时间要像"),
        ("2026/1/31 8:00", "2026/2/31 8:00", "时间要像"),
        ("\tt", "", "7 列"),
        ("甲醇", "", "都要有"),
        ("甲醇", "醇" * 81, "80 字"),
    ],
)
def test_a_row_that_cannot_be_read_says_why_and_stays_as_typed(old: str, new: str, why: str) -> None:
    row = GOOD.replace(old, new)
    taken, [refused] = read_rows(row, SHANGHAI, {"MIX"})
    assert taken == [] and why in refused.words and refused.typed == row


@given(st.text(max_size=200))
def test_whatever_is_pasted_is_taken_or_refused_row_by_row(text: str) -> None:
    taken, refused = read_rows(text, SHANGHAI, {"MIX"})
    assert len(taken) + len(refused) <= len(text.splitlines())


_moments = st.integers(-3000, 3000).map(lambda minutes: NOON + timedelta(minutes=minutes))


@given(_moments, st.integers(1, 3000), st.floats(0.1, 1e6), _moments, st.integers(0, 600))
def test_what_is_made_and_what_is_short_is_the_whole_and_a_later_stop_leaves_less_short(
    starts: datetime, minutes: int, quantity: float, stops: datetime, later: int
) -> None:
    ends = starts + timedelta(minutes=minutes)
    found = standstill(starts, ends, quantity, stops)
    if found is None:
        assert ends <= stops or starts > stops + AHEAD
        return
    assert found.made + found.short == pytest.approx(quantity) and found.made >= 0 and found.short > 0
    after = standstill(starts, ends, quantity, stops + timedelta(minutes=later))
    assert after is None or after.short <= found.short


@pytest.fixture
async def staged(database: Database, scene: Scene) -> tuple[Scene, Stage, Equipment]:
    """The pump feeds a mixer of a stage of its own within a minute."""
    async with database.session() as session:
        stage = await made(session, Stage(site_id=scene.site.id, code="MIX", name="混合", name_en="Mixing"))
        mixer = await make_equipment(session, scene.site, scene.area, stage_id=stage.id)
        await make_link(session, scene.pump, mixer, delay_s=60)
    return scene, stage, mixer


async def test_which_orders_stop_is_told_with_what_is_missing(
    app: FastAPI, database: Database, staged: tuple[Scene, Stage, Equipment]
) -> None:
    scene, stage, _ = staged
    began = now().replace(microsecond=0)
    bodies = {
        "RUNS": {"starts_at": began - timedelta(hours=6), "ends_at": began + timedelta(hours=6)},
        "OVER": {"starts_at": began - timedelta(hours=6), "ends_at": began - timedelta(hours=1)},
        "LATER": {"starts_at": began + timedelta(days=3), "ends_at": began + timedelta(days=4)},
    }
    common = {"product": "甲醇", "stage": "MIX", "quantity": 120, "unit": "t"}
    async with browsing(app, scene.admin) as admin:
        orders = [
            common | {"number": number} | {name: at.isoformat() for name, at in times.items()}
            for number, times in bodies.items()
        ]
        for _ in range(2):
            answer = await admin.put("/api/v1/production-orders", json=orders)
            assert {one["number"] for one in answer.json()} == set(bodies)
        wrong = await admin.put("/api/v1/production-orders", json=[orders[0], orders[1] | {"stage": "MAX"}])
        back = await admin.put("/api/v1/production-orders", json=[orders[0] | {"ends_at": "2020-01-01T00:00Z"}])
    assert wrong.status_code == back.status_code == 422
    one = await tapped(database, scene.worker, scene, equipment_id=scene.pump.id, kind="equipment_failure")
    async with browsing(app, scene.leader) as leader:
        [told] = (await leader.get(f"/api/v1/incidents/{one.id}/orders")).json()
        page = text_of((await leader.get(f"/incidents/{one.id}/downstream")).text)
        assert (await leader.put("/api/v1/production-orders", json=orders)).status_code == 403
    assert (told["number"], told["stage_id"], told["whole"]) == ("RUNS", stage.id, True)
    assert told["made"] == pytest.approx(60, abs=1) and told["made"] + told["short"] == pytest.approx(120)
    assert "停下的订单" in page and "RUNS 甲醇" in page and "停多久，就比原定晚多久" in page


async def test_pasted_rows_are_taken_in_once_and_the_others_stay_in_the_form(
    app: FastAPI, database: Database, staged: tuple[Scene, Stage, Equipment]
) -> None:
    scene, _, _ = staged
    good = GOOD.replace("2026", "2999")
    async with browsing(app, scene.admin) as admin:
        some = await admin.post("/incidents/orders", data={"rows": f"{good}\n{good.replace('MIX', 'MAX')}"})
        again = await admin.post("/incidents/orders", data={"rows": good.replace("1,200", "900")})
        page = text_of((await admin.get("/incidents/orders?taken=1")).text)
        async with database.session() as session:
            wanted = select(ProductionOrder).where(col(ProductionOrder.site_id) == scene.site.id)
            row = (await session.scalars(wanted)).one()
        assert (await admin.post(f"/incidents/orders/{row.id}/remove")).status_code == 303
        after = text_of((await admin.get("/incidents/orders")).text)
    assert some.status_code == 422 and "已导入 1 行" in some.text and "1 行没有导入" in some.text
    form = some.text[some.text.index("<textarea") : some.text.index("</textarea")]
    assert "MAX" in form and "MIX" not in form
    assert again.status_code == 303 and row.quantity == 900
    assert "A-1 甲醇" in page and "混合" in page and "A-1" not in after
    async with browsing(app, scene.leader) as leader:
        assert (await leader.get("/incidents/orders")).status_code == 403
