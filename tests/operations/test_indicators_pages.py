"""Pages and API of indicators as people and programs see them."""

import io
import re
from datetime import timedelta
from typing import Any

import httpx
from fastapi import FastAPI
from openpyxl import load_workbook
from sqlalchemy import select, text
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.identity.models import AuditEntry
from backend.operations.indicators.models import IndicatorTarget
from backend.operations.indicators.rolling import roll_up
from tests.factories import made, make_alarm, make_area, make_equipment, make_point, make_rule
from tests.hazards.browsing import browsing
from tests.incidents.scene import Scene
from tests.incidents.test_pages import text_of


def shown(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text[:500]
    return text_of(answer.text)


async def _judged(database: Database, scene: Scene) -> None:
    """At the reactor eight of twelve alarms were false, at another team's tank one of ten."""
    async with database.session() as session:
        teams = await session.execute(text("SELECT id FROM team WHERE site_id = :s ORDER BY id"), {"s": scene.site.id})
        other = list(teams.scalars())[1]
        yard = await make_area(session, scene.site, None, team_id=other, name="罐区")
        tank = await make_equipment(session, scene.site, yard, name="储罐")
        level = await make_point(session, scene.site, tank)
        for point, area_id, true, false in (
            (scene.points["pressure"], scene.area.id, 4, 8),
            (level, yard.id, 9, 1),
        ):
            for n in range(true + false):
                row: dict[str, Any] = {"judgement": "true" if n < true else "false", "state": "closed"}
                row |= {"raised_at": now() - timedelta(days=2, hours=n), "area_id": area_id}
                await make_alarm(session, scene.site, point, title=f"<b>={n}</b>", **row)
        await roll_up(session, scene.site.id)


async def test_a_weak_figure_says_who_makes_up_the_gap_and_opens_its_rows(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    await _judged(database, scene)
    async with browsing(app, scene.manager) as browser:
        page = (await browser.get("/indicators")).text
        card = page[page.index('id="indicator-precision"') :].split("</section>")[0]
        words = text_of(card)
        assert "59.1%" in words and "13 ÷ 22" in words and "目标 80.0%" in words and "未达标" in words
        assert "占缺口的 100%：12 项里有 8 项误报" in words
        link = re.search(r'href="(/indicators/precision/rows\?[^"]*counted=no[^"]*)"', card)
        assert link is not None
        rows = (await browser.get(link[1].replace("&amp;", "&"))).text
        assert rows.count('<a class="row" href="/alarms/') == 8
        assert "判为误报" in rows and "<b>=" not in rows
        assert "没有可以统计的记录" in text_of(page), "what has nothing to count says so"


async def test_a_leader_sees_the_own_team_alone_with_few_data_and_an_interval(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    await _judged(database, scene)
    async with browsing(app, scene.leader) as browser:
        page = shown(await browser.get("/indicators/precision"))
        assert "4 ÷ 12" in page and "样本不足 n=12" in page and "95% 区间 13.8% – 60.9%" in page
        assert "罐区" not in page
        listed = (await browser.get("/api/v1/indicators/precision/rows")).json()
        assert len(listed) == 12
    async with browsing(app, scene.rival) as browser:
        assert (await browser.get("/api/v1/indicators/precision")).json()["now"]["denominator"] == 10
    async with browsing(app, scene.worker) as browser:
        assert (await browser.get("/indicators")).status_code == 403


async def test_a_target_is_versioned_with_its_reason_and_a_refused_one_keeps_what_was_typed(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    async with browsing(app, scene.manager) as browser:
        refused = await browser.post("/indicators/checkins/target", data={"target": "101", "reason": "年度目标"})
        assert refused.status_code == 422
        assert "请填写 0 到 100 的数" in refused.text and "年度目标" in refused.text
        sent = {"target": "97.5", "reason": "年度目标", "version": "0"}
        assert (await browser.post("/indicators/checkins/target", data=sent)).status_code == 303
        late = await browser.post("/indicators/checkins/target", data={**sent, "target": "90"})
        assert late.status_code == 422 and "别人刚刚改过" in late.text
        assert (
            await browser.post("/indicators/checkins/target", data={**sent, "target": "96", "version": "1"})
        ).is_redirect
        assert "目标 96.0%" in shown(await browser.get("/indicators"))
    async with browsing(app, scene.leader) as browser:
        assert (await browser.post("/indicators/checkins/target", data=sent)).status_code == 403
    async with database.session() as session:
        kept = select(col(IndicatorTarget.version), col(IndicatorTarget.value)).where(
            col(IndicatorTarget.site_id) == scene.site.id
        )
        assert list(await session.execute(kept.order_by(col(IndicatorTarget.version)))) == [(1, 0.975), (2, 0.96)]
        audited = select(col(AuditEntry.change)).where(
            col(AuditEntry.site_id) == scene.site.id, col(AuditEntry.action) == "indicator.target"
        )
        changes = list(await session.scalars(audited.order_by(col(AuditEntry.id))))
        assert [one["checkins"] for one in changes] == [[0.98, 0.975], [0.975, 0.96]]


async def test_what_was_changed_stands_on_the_trend_with_the_days_around_it(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    await _judged(database, scene)
    async with database.session() as session:
        rule = await make_rule(session, scene.site, scene.points["pressure"], name="高压规则")
        row: dict[str, Any] = {"action": "rule.edit", "object_type": "alarm_rule", "object_id": rule.id}
        await made(session, AuditEntry(site_id=scene.site.id, at=now() - timedelta(days=1), **row))
    async with browsing(app, scene.manager) as browser:
        page = shown(await browser.get("/indicators/precision"))
        around = page[page.index("改动前后") :]
        assert "规则修改： 高压规则" in around and "59.1%" in around
        assert "无数据 n=0 · 还没满" in around


async def test_the_file_has_every_row_and_no_formula_in_it(app: FastAPI, database: Database, scene: Scene) -> None:
    await _judged(database, scene)
    async with browsing(app, scene.manager) as browser:
        workbook = await browser.get("/indicators/precision/rows/export.xlsx?period=30d")
        sheet = load_workbook(io.BytesIO(workbook.content)).active
        assert sheet is not None
        assert sheet.max_row == 23 and sheet["A1"].value == "时间"
        plain = await browser.get("/indicators/precision/rows/export.csv?period=30d&counted=no")
        assert len(plain.text.strip().splitlines()) == 10
        assert (await browser.get("/indicators/nothing")).status_code == 404
        assert (await browser.get("/indicators/nothing/rows")).status_code == 404
        assert (await browser.get("/indicators/precision?scope=area-x&from=2026&period=no")).status_code == 200
