"""The distribution on pages, for programs and as files: what counts, where, when, why, and the rows of each mark."""

import csv
import io
import re
from collections import Counter
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI

from backend.core.clock import now
from backend.core.database import Database
from backend.identity.actor import Actor
from backend.operations.distribution.queries import rows as queries
from tests.incidents.test_pages import browsing, text_of
from tests.operations.spread import Spread, make_spread

DAY = timedelta(days=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
WEDNESDAY = datetime(2026, 9, 2, 0, 30, tzinfo=SHANGHAI)
"""Tuesday still by UTC."""
SEPTEMBER = "from=2026-09-01&to=2026-09-30"
API = "/api/v1/distribution"


@pytest.fixture
async def plant(database: Database) -> Spread:
    async with database.session() as session:
        return await make_spread(session)


async def asked(app: FastAPI, actor: Actor, path: str) -> dict[str, Any]:
    """What a program gets."""
    async with browsing(app, actor) as browser:
        answer = await browser.get(API + path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def listed(app: FastAPI, actor: Actor, query: str) -> Counter[str]:
    """How many rows of each kind an address finds."""
    return Counter(one["kind"] for one in (await asked(app, actor, f"/rows?{query}"))["rows"])


async def happened(database: Database, plant: Spread) -> None:
    """In September: three alarms, two hazards reported, one rectified without a report, one incident; and what doesn't
    count. In August: one alarm."""
    async with database.session() as session:
        sure = await plant.explained(session, WEDNESDAY, "pump.seal", confirmed=True)
        likely = await plant.explained(session, WEDNESDAY, "pump.seal")
        first = await plant.alarm(session, WEDNESDAY, level="major", group_id=sure)
        await plant.alarm(session, WEDNESDAY + DAY, group_id=likely)
        await plant.alarm(session, WEDNESDAY + DAY, equipment_id=None, point_id=None, area_id=plant.areas["store"].id)
        await plant.alarm(session, WEDNESDAY, judgement="false")
        await plant.alarm(session, WEDNESDAY, kind="system")
        await plant.alarm(session, WEDNESDAY - 20 * DAY)
        done = await plant.rectification(session, WEDNESDAY, alarm_id=first.id)
        kept = await plant.rectification(session, WEDNESDAY)
        await plant.rectification(session, WEDNESDAY, parent_id=done.id)
        await plant.rectification(session, WEDNESDAY, state="cancelled")
        await plant.report(session, WEDNESDAY, rectification_id=kept.id, accident="fall")
        await plant.report(session, WEDNESDAY, factor="person", state="waiting")
        await plant.report(session, WEDNESDAY, state="refused")
        await plant.incident(session, WEDNESDAY + 5 * timedelta(hours=1), accident="leak")
        await plant.incident(session, WEDNESDAY, state="called_off")


async def test_each_thing_counts_once_and_what_was_none_does_not(
    app: FastAPI, database: Database, plant: Spread
) -> None:
    await happened(database, plant)
    found = await asked(app, plant.actors["manager"], f"?{SEPTEMBER}")
    sources = {name: (one["count"], one["levels"], one["types"]) for name, one in found["sources"].items()}
    assert sources == {
        "alarm": (3, {"major": 1, "general": 2}, {"equipment": 2, "": 1}),
        "hazard": (3, {"general": 2, "major": 1}, {"object": 1, "person": 1, "": 1}),
        "incident": (1, {"major": 1}, {"gas_leak": 1}),
    }
    assert found["total"] == 7 == sum(one["count"] for one in found["hours"])
    accidents = {(one["source"], one["accident"]): one["count"] for one in found["accidents"]}
    # Alarms have none; a report that waits and a rectification without a report are not told.
    assert accidents == {("hazard", "fall"): 1, ("hazard", ""): 2, ("incident", "leak"): 1}
    areas = {one["id"]: one["count"] for one in found["areas"]}
    assert areas == {plant.areas["inbound"].id: 4, plant.areas["store"].id: 3}
    stages = {one["id"]: one["count"] for one in found["stages"]}
    assert stages == {plant.stages["inbound"].id: 4, plant.stages["store"].id: 3}
    assert {one["id"]: one["count"] for one in found["teams"]} == {plant.team.id: 4, None: 3}
    assert {one["id"]: one["count"] for one in found["posts"]} == {plant.post.id: 4, None: 3}
    causes = {one["code"]: (one["count"], one["confirmed"]) for one in found["causes"]}
    # Both alarms of the pump, and the rectification of one of them.
    assert causes == {"pump.seal": (3, 2), "": (4, 0)}
    matrix = {(one["stage_id"], one["cause"]): one["count"] for one in found["matrix"]}
    assert matrix[(plant.stages["inbound"].id, "pump.seal")] == 2
    assert matrix[(plant.stages["store"].id, "pump.seal")] == 1
    assert {(one["first"], one["source"]): one["count"] for one in found["trend"] if one["level"] == "major"} == {
        ("2026-09-02", "alarm"): 1,
        ("2026-09-02", "hazard"): 1,
        ("2026-09-02", "incident"): 1,
    }
    before = found["sources"]["alarm"]
    assert before["before"] == 1 and before["verdict"] == "chance"
    assert found["incomplete"], "the site's first record is of the middle of August"


async def test_hours_and_days_are_those_of_the_site_and_each_cell_opens_exactly_its_rows(
    app: FastAPI, database: Database, plant: Spread
) -> None:
    await happened(database, plant)
    manager = plant.actors["manager"]
    found = await asked(app, manager, f"?{SEPTEMBER}")
    cells = {(one["weekday"], one["hour"]): one["count"] for one in found["hours"]}
    assert cells == {(3, 0): 4, (3, 4): 1, (4, 0): 2}
    for (weekday, hour), count in cells.items():
        query = f"{SEPTEMBER}&weekday={weekday}&hour={hour}"
        assert (await listed(app, manager, query)).total() == count
    expected = {
        "source=hazard": {"report": 2, "rectification": 1},
        "source=alarm&level=major": {"alarm": 1},
        "type=person": {"report": 1},
        "source=hazard&type=none": {"rectification": 1},
        f"area={plant.areas['store'].id}": {"alarm": 1, "rectification": 1, "incident": 1},
        f"stage={plant.stages['inbound'].id}&cause=pump.seal": {"alarm": 2},
        "cause=none&team=none": {"alarm": 1, "incident": 1},
        f"post={plant.post.id}&source=hazard": {"report": 2},
        "from=2026-09-03&to=2026-09-03": {"alarm": 2},
        "area=x": {},
        "accident=fall": {"report": 1},
        "accident=leak": {"incident": 1},
        "accident=none": {"report": 1, "rectification": 1},
        "accident=leak&source=hazard": {},
        "accident=none&source=alarm": {},
    }
    for query, kinds in expected.items():
        assert await listed(app, manager, query if "from=" in query else f"{SEPTEMBER}&{query}") == kinds, query


async def test_all_counts_of_a_mixed_year_equal_those_of_its_rows(
    app: FastAPI, database: Database, plant: Spread
) -> None:
    async with database.session() as session:
        for n in range(40):
            at = now() - DAY * (n * 9 % 300) - timedelta(hours=n * 5)
            name = ("pump", "tank")[n % 2]
            flood = await plant.explained(session, at, ("pump.seal", "valve.sticking")[n % 3 == 0]) if n % 4 else None
            unit = plant.equipment[name].id
            await plant.alarm(session, at, equipment_id=unit, level=("low", "major", "general")[n % 3], group_id=flood)
            if n % 2:
                factor, may = ("person", "object")[n % 3 == 0], ("", "fall", "fire")[n % 3]
                await plant.report(session, at, equipment_id=unit, factor=factor, accident=may)
            if n % 5 == 0:
                kind, was = ("fire", "near_miss")[n % 10 == 0], ("fire", "")[n % 15 == 0]
                await plant.incident(session, at, kind=kind, accident=was)
    manager = plant.actors["manager"]
    found = await asked(app, manager, "?period=1y")
    everything: list[dict[str, Any]] = []
    following = ""
    while following is not None:
        page = await asked(app, manager, f"/rows?period=1y&after={following.replace('+', '%2B')}")
        everything, following = everything + page["rows"], page["following"]
    assert len(everything) == found["total"] == 40 + 20 + 8
    moments = [one["at"] for one in everything]
    assert moments == sorted(moments, reverse=True)
    for name, key in (("areas", "area_id"), ("stages", "stage_id"), ("teams", "team_id"), ("posts", "post_id")):
        assert {one["id"]: one["count"] for one in found[name]} == Counter(one[key] for one in everything)
    assert {one["code"]: one["count"] for one in found["causes"]} == Counter(one["cause"] for one in everything)
    accidents = Counter((one["source"], one["accident"]) for one in everything if one["accident"] is not None)
    assert {(one["source"], one["accident"]): one["count"] for one in found["accidents"]} == accidents
    assert {one["source"] for one in everything if one["accident"] is None} == {"alarm"}
    for code in {accident for _, accident in accidents}:
        listed_too = await asked(app, manager, f"/rows?period=1y&accident={code or 'none'}")
        assert len(listed_too["rows"]) == sum(n for (_, one), n in accidents.items() if one == code)
    levels = Counter((one["source"], one["level"]) for one in everything)
    assert {
        (source, level): n for source, of in found["sources"].items() for level, n in of["levels"].items()
    } == levels
    hours = Counter(_cell(datetime.fromisoformat(one["at"])) for one in everything)
    assert {(one["weekday"], one["hour"]): one["count"] for one in found["hours"]} == hours
    assert {one["probability"] for one in everything if one["cause"]} == {0.6}


def _cell(at: datetime) -> tuple[int, int]:
    local = at.astimezone(SHANGHAI)
    return local.isoweekday(), local.hour // 2 * 2


async def test_the_page_says_where_it_is_heaped_what_to_do_and_each_mark_leads_to_its_rows(
    app: FastAPI, database: Database, plant: Spread
) -> None:
    async with database.session() as session:
        for n in range(24):
            await plant.report(session, now() - DAY * (n % 20) - timedelta(minutes=n))
        await plant.report(session, now() - DAY, equipment_id=plant.equipment["tank"].id, factor="person")
    async with browsing(app, plant.actors["manager"]) as browser:
        hub = (await browser.get("/operations")).text
        page = (await browser.get("/distribution?source=hazard")).text
        area = f"/distribution/rows?source=hazard&area={plant.areas['inbound'].id}"
        rows_page = text_of((await browser.get(area)).text)
    assert 'href="/distribution"' in hub
    said = text_of(page)
    assert "2 个区域中，1 个占了 96%（共 25 条）" in said and "明显集中" in said
    assert "先从设备和设施上治" in said and "25 条中的 24 条" in said and "GB/T 45001-2020 8.1.2" in said
    assert "这里最早的记录是" in said and "确有增加" not in said, "what was before the first record isn't known"
    assert area.replace("&", "&amp;") in page and "样本不足" not in said
    assert "24 条" in rows_page and plant.areas["inbound"].name in rows_page and "护栏松动" in rows_page


async def test_accident_types_stand_beside_the_period_before_with_advice_and_each_mark_opens_its_rows(
    app: FastAPI, database: Database, plant: Spread
) -> None:
    async with database.session() as session:
        for n in range(6):
            await plant.report(session, now() - timedelta(hours=n), accident="fall_from_height" if n < 4 else "burn")
        await plant.incident(session, now() - timedelta(hours=1), accident="fall_from_height", kind="near_miss")
        await plant.rectification(session, now() - timedelta(hours=2))
        await plant.report(session, now() - 40 * DAY, accident="fall_from_height")
        await plant.alarm(session, now() - timedelta(hours=1))
    async with browsing(app, plant.actors["manager"]) as browser:
        page = (await browser.get("/distribution")).text
        rows_page = text_of((await browser.get("/distribution/rows?accident=fall_from_height")).text)
        untold = text_of((await browser.get("/distribution/rows?accident=none")).text)
        alarms = (await browser.get("/distribution?source=alarm")).text
        narrowed = text_of((await browser.get("/distribution?accident=fall_from_height")).text)
        file = await browser.get("/distribution/export.csv?accident=fall_from_height")
    part = text_of(page[page.index('id="distribution-accidents"') : page.index('id="distribution-why"')])
    assert "高处坠落 5" in part and "对比段 1 条" in part and "没有写明事故类型 1" in part
    assert "预警没有事故类型，不算在内。" in part
    for mark in ("accident=fall_from_height", "accident=none"):
        assert f'href="/distribution/rows?{mark}"' in page
    for source in ("hazard", "incident"):
        assert f'href="/distribution/rows?source={source}&amp;accident=fall_from_height"' in page
    assert "7 条中的 5 条" in text_of(page) and "能在地面做的不上高处" in page, "five of the seven that are told"
    assert "5 条" in rows_page and "高处坠落" in rows_page and "事故类型：高处坠落" in rows_page
    assert "1 条" in untold and "更换护栏" in untold
    assert "预警没有事故类型，看隐患或事件。" in alarms
    assert "4 隐患" in narrowed and "1 事件" in narrowed and "0 预警报警" in narrowed
    table = list(csv.DictReader(io.StringIO(file.text.removeprefix("\ufeff"))))
    assert {one["事故类型"] for one in table} == {"高处坠落"} and len(table) == 5


async def test_where_nothing_is_the_page_teaches_and_what_cannot_be_read_is_said_beside_its_field(
    app: FastAPI, plant: Spread
) -> None:
    async with browsing(app, plant.actors["leader"]) as browser:
        empty = await browser.get("/distribution")
        wrong = await browser.get("/distribution?from=2026-09-05&to=2026-09-01")
        lost = await browser.get("/distribution/rows?after=nonsense")
        english = await browser.get("/distribution/rows", headers={"Accept-Language": "en"})
    assert empty.status_code == 200 and 'href="/reports/new"' in empty.text
    assert wrong.status_code == 422 and "结束日期不能早于开始日期" in wrong.text and 'value="2026-09-05"' in wrong.text
    assert lost.status_code == 422 and "请从第一页重新查看" in lost.text
    assert english.status_code == 200
    async with browsing(app, plant.actors["worker"]) as browser:
        assert (await browser.get("/distribution")).status_code == 403


async def test_a_list_goes_on_page_after_page_and_is_taken_along_as_a_file(
    app: FastAPI, database: Database, plant: Spread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE", 2)
    await happened(database, plant)
    async with database.session() as session:
        await plant.report(session, WEDNESDAY, details='=HYPERLINK("http://evil")')
    numbers: list[str] = []
    pages = 0
    async with browsing(app, plant.actors["manager"]) as browser:
        url = f"/distribution/rows?{SEPTEMBER}"
        while url:
            page = (await browser.get(url, headers={"HX-Target": "distribution-rows"})).text
            numbers += re.findall(r'class="row" href="([^"]+)"', page)
            pages += 1
            following = re.search(r'hx-get="([^"]+)"', page)
            url = unescape(following[1]) if following else ""
        file = await browser.get(f"/distribution/export.csv?{SEPTEMBER}")
        book = await browser.get(f"/distribution/export.xlsx?{SEPTEMBER}&source=incident")
    assert len(numbers) == len(set(numbers)) == 8
    assert pages == 4, "after a last page that is full nothing is offered"
    table = list(csv.DictReader(io.StringIO(file.text.removeprefix("﻿"))))
    assert len(table) == 8
    assert {one["名称"] for one in table if one["编号"].startswith("SB-")} == {
        "护栏松动",
        '\'=HYPERLINK("http://evil")',
    }
    [sure] = [one for one in table if one["统计内容"] == "预警报警" and one["级别"] == "重大"]
    assert sure["原因已确认"] == "是" and sure["时间 (Asia/Shanghai)"] == "2026-09-02 00:30:00"
    assert book.content[:2] == b"PK"


async def test_another_site_sees_nothing_of_it(app: FastAPI, database: Database, plant: Spread) -> None:
    await happened(database, plant)
    async with database.session() as session:
        other = await make_spread(session)
    found = await asked(app, other.actors["manager"], f"?{SEPTEMBER}")
    assert found["total"] == 0
    assert not await listed(app, other.actors["manager"], f"{SEPTEMBER}&area={plant.areas['store'].id}")
