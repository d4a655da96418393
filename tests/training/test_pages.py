"""Writing, assigning, learning and passing a course, as browsers without scripts do it."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import col

from backend.core.database import Database
from backend.identity.models import Role
from backend.starter.courses import install_courses
from backend.training.models import QuizAttempt, TrainingRecord
from tests.factories import hold_post, make_person, make_post, make_site
from tests.webclient import running_app, signed_in

COURSE = {
    "title": "受限空间",
    "pages": "# 先检测\n**先通风、再检测、后作业**\n# 有人监护\n监护人不得离开",
    "questions": "? 进入前要做什么\n+ 通风检测\n- 直接进入\n! 先通风、再检测、后作业",
    "pass_mark": "100",
    "valid_days": "365",
}


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as running:
        yield running


async def test_who_holds_the_post_later_learns_fails_retries_and_passes(app: FastAPI) -> None:
    database: Database = app.state.database
    async with database.session() as session:
        site = await make_site(session)
        officer = await make_person(session, site, Role.SAFETY_OFFICER)
        worker = await make_person(session, site)
        post = await make_post(session, site)
    async with signed_in(app, officer) as browser:
        made = await browser.post("/courses", data=COURSE)
        assert made.status_code == 303, made.text
        url = made.headers["location"]
        due = {"target": f"post:{post.id}", "due_on": "2999-01-01"}
        assert (await browser.post(f"{url}/assign", data=due)).status_code == 303
        assert (await browser.post(f"{url}/assign", data={**due, "due_on": "x"})).status_code == 422
    async with database.session() as session:
        await hold_post(session, post, worker)
    learn = url.replace("/courses", "/training")
    async with signed_in(app, worker) as browser:
        assert "待学习" in (await browser.get("/training")).text
        assert "<strong>先通风" in (await browser.get(learn)).text
        assert "去测验" in (await browser.get(f"{learn}?page=2")).text
        for option, words in ((1, "未通过"), (0, "已通过")):
            assert (await browser.post(f"{learn}/quiz/start")).status_code == 303
            page = (await browser.get(f"{learn}/quiz")).text
            assert "先通风、再检测、后作业" not in page, "the explanation comes after handing in"
            found = re.search(r'name="attempt" value="(\d+)"', page)
            assert found
            attempt = found[1]
            assert (await browser.post(f"{learn}/quiz", data={"attempt": attempt})).status_code == 422
            answers = {"attempt": attempt, "q0": str(option)}
            result = await browser.post(f"{learn}/quiz", data=answers)
            again = await browser.post(f"{learn}/quiz", data={**answers, "q0": "0"})
            assert again.headers["location"] == result.headers["location"]
            shown = (await browser.get(result.headers["location"])).text
            assert words in shown and "先通风、再检测、后作业" in shown
        assert "我的证书" in (await browser.get("/training")).text
    async with signed_in(app, officer) as browser:
        assert "1 人应学，1 人通过" in (await browser.get("/courses")).text
        await browser.post(f"{url}/edit", data={**COURSE, "title": "受限空间作业"})
        assert "第 2 版" in (await browser.get(url)).text
    async with database.session() as session:
        tries = select(QuizAttempt).where(col(QuizAttempt.person_id) == worker.id).order_by(col(QuizAttempt.id))
        assert [one.score for one in (await session.scalars(tries)).all()] == [0, 100]
        records = select(TrainingRecord).where(col(TrainingRecord.person_id) == worker.id)
        assert len((await session.scalars(records)).all()) == 1


async def test_starter_courses_install_once_and_come_whole_without_answers(app: FastAPI) -> None:
    database: Database = app.state.database
    async with database.session() as session:
        site = await make_site(session)
        worker = await make_person(session, site)
        assert len(await install_courses(session, site.id, "tep")) == 5
        assert await install_courses(session, site.id, "tep") == []
    async with signed_in(app, worker) as program:
        for one in (await program.get("/api/v1/training")).json():
            whole = await program.get(f"/api/v1/training/{one['id']}")
            assert len(whole.json()["pages"]) == 3
            begun = await program.post(f"/api/v1/training/{one['id']}/attempts")
            assert "right" not in begun.text and "why" not in begun.text
            answers = {q["index"]: [q["options"][0]["index"]] for q in begun.json()["questions"]}
            done = await program.post(f"/api/v1/training/attempts/{begun.json()['id']}", json={"answers": answers})
            assert 0 <= done.json()["score"] <= 100


async def test_a_double_tap_begins_one_try_and_a_try_belongs_to_its_course(app: FastAPI) -> None:
    database: Database = app.state.database
    async with database.session() as session:
        site = await make_site(session)
        worker = await make_person(session, site)
        await install_courses(session, site.id)
    async with signed_in(app, worker) as browser:
        first, second = [one["id"] for one in (await browser.get("/api/v1/training")).json()][:2]
        begun = await asyncio.gather(*(browser.post(f"/api/v1/training/{first}/attempts") for _ in range(4)))
        tries = {answer.json()["id"] for answer in begun}
        assert ([answer.status_code for answer in begun], len(tries)) == ([201] * 4, 1)
        elsewhere = await browser.post(f"/training/{second}/quiz", data={"attempt": tries.pop()})
        assert elsewhere.status_code == 404
