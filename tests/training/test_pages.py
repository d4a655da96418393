"""Writing, assigning, learning and passing a course, as browsers without scripts do it."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import col

from backend.core.database import Database
from backend.identity.models import Role
from backend.starter.courses import install_courses
from backend.training.models import QuizAttempt, TrainingRecord
from tests.factories import hold_post, make_person, make_post, make_site
from tests.hazards.pictures import photo
from tests.webclient import running_app, signed_in

COURSE = {
    "title": "受限空间",
    "p0.title": "先检测",
    "p0.text": "**先通风、再检测、后作业**",
    "p1.title": "有人监护",
    "p1.text": "监护人不得离开",
    "q0.text": "进入前要做什么",
    "q0.o0": "通风检测",
    "q0.o1": "直接进入",
    "q0.right": "0",
    "q0.why": "先通风、再检测、后作业",
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
        url = made.headers["location"].split("?")[0]
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
        changed = {**COURSE, "title": "受限空间作业", "version": "1"}
        assert (await browser.post(f"{url}/edit", data=changed)).status_code == 303
        assert "第 2 版" in (await browser.get(url)).text
        late = await browser.post(f"{url}/edit", data={**changed, "title": "另一个人写的"})
        assert late.status_code == 409 and "另一个人写的" in late.text and 'name="version" value="2"' in late.text
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
        assert len(await install_courses(session, site.id, "tep")) == 7
        assert await install_courses(session, site.id, "tep") == []
    async with signed_in(app, worker) as program:
        for one in (await program.get("/api/v1/training")).json():
            whole = await program.get(f"/api/v1/training/{one['id']}")
            assert len(whole.json()["pages"]) >= 3
            begun = await program.post(f"/api/v1/training/{one['id']}/attempts")
            assert '"right"' not in begun.text and '"why"' not in begun.text
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


async def test_a_course_is_written_with_buttons_and_previewed_before_it_is_published(app: FastAPI) -> None:
    database: Database = app.state.database
    async with database.session() as session:
        officer = await make_person(session, await make_site(session), Role.SAFETY_OFFICER)
    async with signed_in(app, officer) as browser:
        assert "第 1 页" in (await browser.get("/courses/new")).text
        moved = (await browser.post("/courses", data={**COURSE, "do": "page-up-1"})).text
        assert moved.index("有人监护") < moved.index("先检测")
        assert 'value="对"' in (await browser.post("/courses", data={**COURSE, "do": "judgement-add"})).text
        seen = (await browser.post("/courses", data={**COURSE, "do": "preview"})).text
        assert "<strong>先通风、再检测、后作业</strong>" in seen and "（正确答案）" in seen
        refused = await browser.post("/courses", data={**COURSE, "q0.right": ""})
        assert refused.status_code == 422 and "并勾选正确的" in refused.text and "监护人不得离开" in refused.text
        assert "受限空间" not in (await browser.get("/courses")).text


async def test_pages_show_pictures_videos_and_pdfs_and_nothing_else(app: FastAPI) -> None:
    database: Database = app.state.database
    async with database.session() as session:
        site = await make_site(session)
        officer, worker = await make_person(session, site, Role.SAFETY_OFFICER), await make_person(session, site)
    video = b"\0\0\0\x18ftypisom" + bytes(range(256)) * 40
    files = [
        ("p0.files", ("现场.jpg", photo(), "image/jpeg")),
        ("p0.files", ("操作.mp4", video, "text/html")),
        ("p0.files", ("../规程.pdf", b"%PDF-1.7\n<script>alert(1)</script>", "application/pdf")),
    ]
    async with signed_in(app, officer) as browser:
        page = [("p0.files", ("a.mp4", b"<html><script>alert(1)</script>", "video/mp4"))]
        assert (await browser.post("/courses", data=COURSE, files=page)).status_code == 422
        made = await browser.post("/courses", data=COURSE, files=files)
        assert made.status_code == 303, made.text
        course = made.headers["location"].split("?")[0].removeprefix("/courses/")
        assert "规程.pdf" in (await browser.get(f"/courses/{course}/edit")).text
    async with signed_in(app, worker) as browser:
        shown = (await browser.get(f"/training/{course}")).text
        picture, film, paper = re.findall(r'(?:src|href)="(/training/(?:pictures|media)/\d+)', shown)
        assert f'poster="{picture}"' in shown
        assert (await browser.get(picture)).headers["content-type"] == "image/webp"
        part = await browser.get(film, headers={"Range": "bytes=4-7"})
        assert (part.status_code, part.content, part.headers["content-type"]) == (206, b"ftyp", "video/mp4")
        whole = await browser.get(paper)
        assert whole.headers["content-type"] == "application/pdf"
        assert whole.headers["x-content-type-options"] == "nosniff"
        assert "script" not in whole.headers["content-security-policy"]
        assert whole.headers["content-security-policy"].startswith("default-src 'none'")
        assert (await browser.get(picture.replace("pictures", "media"))).status_code == 404


async def test_a_quiz_sent_later_is_graded_as_it_came_and_was_passed_when_it_was_answered(app: FastAPI) -> None:
    database: Database = app.state.database
    async with database.session() as session:
        site = await make_site(session)
        officer, worker = await make_person(session, site, Role.SAFETY_OFFICER), await make_person(session, site)
    async with signed_in(app, officer) as browser:
        made = await browser.post("/courses", data=COURSE)
        course = made.headers["location"].split("?")[0]
        due = {"target": f"person:{worker.id}", "due_on": "2999-01-01"}
        await browser.post(f"{course}/assign", data=due)
    learn = course.replace("/courses", "/training")
    async with signed_in(app, worker) as phone:
        along = (await phone.post("/training/ahead")).json()
        assert along == [learn, f"{learn}?page=2", f"{learn}/quiz"]
        assert "测验未交卷" not in (await phone.get("/training")).text, "the person hasn't begun it"
        late = {"captured_at": "2026-11-26T08:00:00Z", "device_now": "2026-11-26T10:00:00Z"}
        for answers, score in (({}, "0 分"), ({"q0": "0"}, "100 分")):
            await phone.post("/training/ahead")
            drawn = re.search(r'name="attempt" value="(\d+)"', (await phone.get(f"{learn}/quiz")).text)
            assert drawn
            async with database.session() as session:
                attempt = await session.get_one(QuizAttempt, int(drawn[1]))
                attempt.started_at -= timedelta(days=1)
            sent = await phone.post(f"{learn}/quiz", data={"attempt": drawn[1], **late, **answers})
            assert f'data-number="{score}"' in (await phone.get(sent.headers["location"])).text
    async with database.session() as session:
        passed = await session.get_one(QuizAttempt, int(drawn[1]))
        assert passed.passed_at and passed.submitted_at
        assert timedelta(hours=1, minutes=59) < passed.submitted_at - passed.passed_at < timedelta(hours=2, minutes=1)
