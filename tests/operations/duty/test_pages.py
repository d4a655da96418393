"""Pages of duty performance as people see them."""

import csv
import io
import zipfile
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import col

from backend.core.database import Database
from backend.identity.models import Person
from backend.operations.duty.forms import typed_of
from backend.operations.duty.models import DutyAppeal
from backend.operations.duty.months import shifted
from backend.operations.duty.rules import USUAL
from tests.hazards.browsing import browsing, chinese
from tests.hazards.pictures import photo
from tests.incidents.test_pages import text_of
from tests.operations.duty.month import Month, frozen, proposed, rectified, reported, rounds


def shown(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text[:2000]
    return answer.text


async def test_every_point_of_a_statement_leads_to_its_row_and_an_appeal_gives_it_back(
    app: FastAPI, database: Database, plant: Month
) -> None:
    async with database.session() as session:
        visits = await rounds(session, plant, ["done"] * 8 + ["missed"])
        late = await rectified(session, plant, submitted_at=plant.at(15))
    await frozen(database, plant)
    month = f"{plant.last:%Y-%m}"
    async with browsing(app, plant.worker) as browser:
        assert "/duty/me" in shown(await browser.get("/me"))
        page = shown(await browser.get(f"/duty/me?month={month}"))
        assert f'href="/checkins/{visits[-1]}"' in page and f'href="/rectifications/{late.id}"' in page
        assert "87.27" in text_of(page) and "任务 10 项" in text_of(page) and "41.81 / 45.45" in text_of(page)
        assert "原有的 25 分已分给其他项目" in text_of(page)
        key = f"rectification_late:{late.id}"
        assert f'href="/duty/appeals/new?month={month}&amp;row={key}"' in page
        assert "护栏松动" in shown(await browser.get(f"/duty/appeals/new?month={month}&row={key}"))
        typed = {"month": month, "row": key, "reason": ""}
        refused = await browser.post("/duty/appeals", data=typed, files={"photos": ("a.jpg", photo(), "image/jpeg")})
        assert refused.status_code == 422 and "请写明原因" in refused.text and "照片请重新选择" in refused.text
        typed["reason"] = "雨天停工，已报备"
        files = {"photos": ("a.jpg", photo(), "image/jpeg")}
        sent = await browser.post("/duty/appeals", data=typed, files=files)
        assert sent.status_code == 303
        url = sent.headers["location"].partition("?")[0]
        appeal = shown(await browser.get(url))
        assert "雨天停工" in appeal and "等待答复" in appeal and "verdict" not in appeal
        picture = await browser.get(f"{url}/photos/thumbnail")
        assert picture.headers["content-type"] == "image/webp"
        assert "履职月度单" in shown(
            await browser.get(f"/duty/people/{plant.worker.person_id}/statement?month={month}")
        )
    async with browsing(app, plant.scene.officer) as browser:
        assert f'href="{url}"' in shown(await browser.get("/tasks")) and "1 条申诉等您答复" in shown(
            await browser.get("/duty")
        )
        empty = await browser.post(f"{url}/answer", data={"verdict": "refused", "answer": ""})
        assert empty.status_code == 422 and "不成立时请写明理由" in empty.text
        answered = await browser.post(f"{url}/answer", data={"verdict": "upheld", "answer": "情况属实"})
        assert answered.status_code == 303
    async with browsing(app, plant.worker) as browser:
        page = text_of(shown(await browser.get(f"/duty/me?month={month}")))
        assert "96.36" in page and "第 2 版" in page and "情况属实" in page
    async with database.session() as session:
        [row] = await session.scalars(select(DutyAppeal).where(col(DutyAppeal.site_id) == plant.scene.site.id))
        assert (row.row_key, row.points) == (key, abs(row.points))


async def test_a_rule_is_tried_on_the_last_quarter_before_it_counts(
    app: FastAPI, database: Database, plant: Month
) -> None:
    async with database.session() as session:
        await rounds(session, plant, ["done", "missed"])
    await frozen(database, plant)
    async with browsing(app, plant.worker) as browser:
        page = shown(await browser.get("/duty/rules"))
        assert "漏检" in page and "rule-form" not in page, "everybody sees how it is made"
    typed: dict[str, Any] = {**typed_of(USUAL), "points_visit_missed": "5", "why": "漏检危害大", "seen": "0"}
    async with browsing(app, plant.scene.officer) as browser:
        tried = shown(await browser.post("/duty/rules/preview", data=typed))
        assert "1 人中有 1 人的平均分会变" in text_of(tried) and "-12.00" in tried and "漏检危害大" in tried
        wrong = await browser.post("/duty/rules", data={**typed, "weight_learn": "21", "from_month": "2999-01"})
        assert wrong.status_code == 422 and "四项分值合计应为 100" in wrong.text and 'value="21"' in wrong.text
        back = await browser.post("/duty/rules", data={**typed, "from_month": f"{plant.running:%Y-%m}"})
        assert back.status_code == 422 and "已开始的月份不改" in back.text
        kept = await browser.post("/duty/rules", data={**typed, "from_month": f"{shifted(plant.running, 1):%Y-%m}"})
        assert kept.status_code == 303
        page = text_of(shown(await browser.get(kept.headers["location"])))
        assert "漏检危害大" in page and f"{shifted(plant.running, 1):%Y-%m} 起" in page and "默认规则" in page
        assert 'value="5"' in shown(await browser.get("/duty/rules?of=1"))


async def test_the_board_says_how_much_there_was_to_do_and_the_payroll_takes_it_along(
    app: FastAPI, database: Database, plant: Month
) -> None:
    async with database.session() as session:
        await rounds(session, plant, ["done"] * 20)
        await reported(session, plant, "major")
        person = await session.get_one(Person, plant.worker.person_id)
        person.name = "=HYPERLINK(1)"
    await frozen(database, plant)
    month = f"{plant.last:%Y-%m}"
    async with browsing(app, plant.scene.manager) as browser:
        page = text_of(shown(await browser.get(f"/duty?month={month}")))
        assert "任务 21 项" in page and "亮点 1" in page and "100.00" in page and "本月没有任务" in page
        for show in ("teams", "posts"):
            assert "样本不足" in shown(await browser.get(f"/duty?month={month}&show={show}"))
        reward = (await proposed(database, plant))[0]
        assert "发现较大及以上隐患" in shown(await browser.get("/duty/rewards"))
        granted = await browser.post(f"/duty/rewards/{reward.id}", data={"verdict": "granted"})
        assert granted.status_code == 303
        plain = (await browser.get(f"/duty/export.csv?month={month}")).content.decode("utf-8-sig")
        [line] = [row for row in csv.DictReader(io.StringIO(plain)) if row["账号"] == plant.worker.account]
        assert line["姓名"] == "'=HYPERLINK(1)", "nothing of it is a formula"
        assert (line["得分"], line["等级"], line["奖惩金额（元）"], line["版本"]) == ("100.00", "优秀", "100.00", "1")
        book = await browser.get(f"/duty/export.xlsx?month={month}")
        assert zipfile.ZipFile(io.BytesIO(book.content)).testzip() is None
    async with browsing(app, plant.scene.rival) as browser:
        assert plant.worker.account not in shown(await browser.get(f"/duty?month={month}"))
        assert (await browser.get(f"/duty/people/{plant.worker.person_id}?month={month}")).status_code == 404
    async with browsing(app, plant.scene.manager, locale="en") as browser:
        for url in ("/duty", f"/duty?month={month}&show=teams", "/duty/rewards", "/duty/absences", "/duty/appeals"):
            names = {"地沟盖板缺失"} | {one.name for one in plant.scene.people.values()} | {plant.scene.site.name}
            found = chinese(shown(await browser.get(url)))
            assert not {one for one in found if not any(one in name for name in names)}, url


async def test_a_leader_enters_leave_for_their_team(app: FastAPI, plant: Month) -> None:
    day = plant.running.isoformat()
    typed: dict[str, Any] = {"person_id": plant.worker.person_id, "from_on": day, "to_on": "", "reason": "病假"}
    async with browsing(app, plant.scene.leader) as browser:
        refused = await browser.post("/duty/absences", data=typed)
        assert refused.status_code == 422 and "结束不早于开始" in refused.text and "病假" in refused.text
        assert (await browser.post("/duty/absences", data={**typed, "to_on": day})).status_code == 303
        page = shown(await browser.get("/duty/absences"))
        assert "病假" in page and "/remove" in page
