"""Pages of risk points as people use them."""

import io
import re

from fastapi import FastAPI
from httpx import AsyncClient
from openpyxl import Workbook, load_workbook
from sqlalchemy import select
from sqlmodel import col

from backend.core.database import Database
from backend.hazards.reports.models import HazardReport
from backend.identity.models import Role
from backend.risks import commands
from backend.risks.forms import BandsForm
from backend.risks.grading import Bands, Method, Score
from backend.risks.models import RiskPoint
from backend.risks.terms import MeasureTerms, PointTerms, SourceTerms
from tests.factories import actor_for, made, unique
from tests.risks.conftest import Plant
from tests.webclient import signed_in


async def graded_point(database: Database, plant: Plant) -> int:
    async with database.session() as session:
        actor = await actor_for(session, plant.leader)
        terms = PointTerms("R-01", "反应釜风险", "equipment", "workshop", equipment_id=plant.reactor.id)
        point = await commands.make_point(session, actor, terms)
        source = await commands.make_source(session, actor, point.id, SourceTerms("超温超压", accidents=("fire",)))
        await commands.grade_source(session, actor, source.id, Score(Method.LEC, 1.0, 6.0, 40.0), residual=True, why="")
        await commands.make_measure(session, actor, source.id, MeasureTerms("emergency", "切断进料"))
        return point.id


async def test_a_leader_makes_a_point_grades_it_and_sees_the_value_before_saving(app: FastAPI, plant: Plant) -> None:
    async with signed_in(app, plant.leader) as browser:
        made_ = await browser.post(
            "/risks", data={"code": "R-7", "name": "冲床", "kind": "equipment", "control": "team"}
        )
        assert made_.status_code == 303
        url = made_.headers["location"].split("?")[0]
        source = await browser.post(f"{url}/sources", data={"name": "挤压", "accidents": ["machine", "struck"]})
        grade = source.headers["location"].split("?")[0]
        picked = {"method": "lec", "l": "3", "e": "6", "c": "15"}
        reckoned = await browser.get(grade.replace("/grade", "/reckon"), params=picked)
        assert "D = 270" in reckoned.text and "<html" not in reckoned.text
        unfinished = await browser.post(grade, data={"method": "lec", "l": "3", "e": "6"})
        assert unfinished.status_code == 422 and "请选一项" in unfinished.text
        saved = await browser.post(grade, data={**picked, "why": ""})
        assert saved.status_code == 303
        page = await browser.get(url)
        assert "L 3 × E 6 × C 15 = 270" in page.text and "机械致害" in page.text
        assert "这个级别通常至少由车间（部门）级管控" in page.text


async def test_a_refused_form_keeps_what_was_typed(app: FastAPI, plant: Plant) -> None:
    async with signed_in(app, plant.leader) as browser:
        answer = await browser.post("/risks", data={"name": "我打的字", "kind": "equipment", "control": "team"})
        assert answer.status_code == 422 and "我打的字" in answer.text and "code-error" in answer.text


async def test_workers_read_what_may_happen_where_they_are(app: FastAPI, database: Database, plant: Plant) -> None:
    await graded_point(database, plant)
    async with signed_in(app, plant.people[Role.WORKER]) as browser:
        for place in (f"/areas/{plant.area.id}", f"/equipment/{plant.reactor.id}"):
            assert f'hx-get="{place}/risks"' in (await browser.get(place)).text
            told = (await browser.get(f"{place}/risks", headers={"HX-Request": "true"})).text
            assert "超温超压" in told and "切断进料" in told and "较大" in told and "<html" not in told
        assert (await browser.get("/risks/new")).status_code == 403
        assert (await browser.get("/risk-map")).status_code == 403


async def test_the_list_is_found_by_level_area_and_words(app: FastAPI, database: Database, plant: Plant) -> None:
    await graded_point(database, plant)
    async with signed_in(app, plant.leader) as browser:
        for query, there in (
            (f"?level=significant&area={plant.area.id}&q=超温", True),
            ("?q=%25", False),
            ("?level=low", False),
        ):
            assert ("反应釜风险" in (await browser.get(f"/risks{query}")).text) is there


async def test_bands_go_back_to_how_they_stood_and_points_are_graded_by_them(
    app: FastAPI, database: Database, plant: Plant
) -> None:
    await graded_point(database, plant)
    usual, strict = BandsForm.of(Bands()), BandsForm.of(Bands(lec=(1, 2, 3)))

    async def are_there(browser: AsyncClient, level: str) -> bool:
        return "反应釜风险" in (await browser.get(f"/risks?level={level}")).text

    async with signed_in(app, plant.people[Role.SAFETY_OFFICER]) as officer, signed_in(app, plant.leader) as leader:
        assert "没有修改过" in (await officer.get("/risks/policy")).text
        await officer.post("/risks/policy", data=vars(strict))
        assert await are_there(officer, "major") and not await are_there(officer, "significant")
        page = (await officer.get("/risks/policy")).text
        (change,) = re.findall(r'name="entry" value="(\d+)"', page)
        assert "1.0、2.0、3.0" in page
        assert (await leader.post("/risks/policy/restore", data={"entry": change})).status_code == 403
        assert (await officer.post("/risks/policy/restore", data={"entry": "0"})).status_code == 404
        back = await officer.post("/risks/policy/restore", data={"entry": change})
        assert "changed=1" in back.headers["location"]
        assert await are_there(officer, "significant") and not await are_there(officer, "major")
        page = (await officer.get("/risks/policy")).text
        assert "恢复风险分级界限" in page and f'value="{usual.lec_low}"' in page


async def test_a_list_is_shown_before_it_is_taken_over(app: FastAPI, database: Database, plant: Plant) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["编号", "风险点", "区域", "危险源", "L", "E", "C", "工程技术措施", "责任人"],
        ["X-1", "配电室", "反应区", "触电", 1, 6, 15, "=1+1", "张三"],
        ["X-2", "配电室二", "不存在的区", "触电", 1, 6, 15, "上锁", "张三"],
    ):
        sheet.append(row)
    sheet["H2"].data_type = "s"
    held = io.BytesIO()
    book.save(held)
    async with signed_in(app, plant.leader) as browser:
        refused = await browser.post("/risks/sheets", files={"file": ("list.xls", b"old")})
        assert refused.status_code == 422 and "另存为 .xlsx" in refused.text
        sent = await browser.post("/risks/sheets", files={"file": ("清单.xlsx", held.getvalue())})
        seen = await browser.get(sent.headers["location"])
        assert "第 3 行 区域" in seen.text and "不存在的区" in seen.text and "X-1" in seen.text
        async with database.session() as session:
            known = select(RiskPoint.code).where(col(RiskPoint.site_id) == plant.site.id)
            assert (await session.scalars(known)).all() == []
        assert (await browser.post(f"{sent.headers['location']}/apply")).status_code == 303
        out = await browser.get("/risks/sheets/list.xlsx")
        back = load_workbook(io.BytesIO(out.content)).active
        assert back is not None
        assert (back.cell(4, 1).value, back.cell(4, 23).value, back.cell(4, 23).data_type) == ("X-1", "=1+1", "s")


async def test_who_decides_is_told_of_a_criterion_that_the_report_may_meet(
    app: FastAPI, database: Database, plant: Plant
) -> None:
    async with database.session() as session:
        worker = plant.people[Role.WORKER]
        told = {"details": "反应釜安全阀根部阀关闭", "factor": "object", "level": "general"}
        report = HazardReport(site_id=plant.site.id, number=unique("SB-"), reporter_id=worker.id, **told)
        report.equipment_id = plant.reactor.id
        await made(session, report)
    async with signed_in(app, plant.leader) as browser:
        page = await browser.get(f"/reports/{report.id}")
        assert f'hx-get="/reports/{report.id}/criteria"' in page.text
        found = await browser.get(f"/reports/{report.id}/criteria", headers={"HX-Request": "true"})
        assert "第十五条" in found.text and "安监总管三〔2017〕121号" in found.text
        typed = await browser.get("/risks/criteria", params={"title": "地面有油"}, headers={"HX-Request": "true"})
        assert "重大隐患" not in typed.text
