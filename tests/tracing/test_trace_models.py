"""The trace model as people see it: what it learned and why, its trial on history, going back, cases like a trace."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import col

from backend.core.database import Database
from backend.core.jobs import Job, run_job
from backend.identity.models import Role
from backend.tracing.making import make_trace
from backend.tracing.models import Trace
from backend.tracing.versions.models import REPLAY_JOB, TraceModel
from tests.tracing.conftest import Troubled, made_trace, trouble
from tests.tracing.test_learning import again, confirm
from tests.webclient import running_app, signed_in
from workers.handlers import HANDLERS


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as app:
        yield app


@pytest.fixture(scope="module")
async def taught(database_url: str) -> tuple[Troubled, Trace, Trace]:
    """A site where the second cause of a trace was confirmed and the fault came again, confirmed too."""
    database = Database(database_url)
    found = await trouble(database)
    first = await made_trace(database, found)
    root = first.result["causes"][1]["node"]
    await confirm(database, found, first, root, "阀门卡涩")
    group_id = await again(database, found)
    async with database.session() as session:
        second = await make_trace(session, group_id)
    await confirm(database, found, second, root)
    await database.close()
    return found, first, second


@pytest.fixture
async def officer(app: FastAPI, taught: tuple[Troubled, Trace, Trace]) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, taught[0].people[Role.SAFETY_OFFICER]) as browser:
        yield browser


async def model_ids(database: Database, found: Troubled) -> list[int]:
    async with database.session() as session:
        wanted = select(col(TraceModel.id)).where(col(TraceModel.site_id) == found.site.id)
        return list((await session.scalars(wanted.order_by(col(TraceModel.version)))).all())


def name_of(found: Troubled, node: str) -> str:
    return next(p.name for p in found.points.values() if f"point:{p.id}" == node)


async def test_the_list_says_what_changed_and_why_and_how_precise_traces_were(
    officer: httpx.AsyncClient, database: Database, taught: tuple[Troubled, Trace, Trace]
) -> None:
    found, first, second = taught
    page = (await officer.get("/trace-models")).text
    assert f"溯源 #{first.id} 的根源已确认" in page and f"溯源 #{second.id} 的根源已确认" in page
    assert page.count("使用中</span>") == 1 and "出厂：还没有学习任何案例" in page
    assert name_of(found, first.result["causes"][1]["node"]) in page
    assert "1 / 2 次" in page, "the first trace had it second, the second first"
    assert "溯源模型" in (await officer.get("/me")).text


async def test_a_version_tells_in_words_whose_odds_rose_by_how_many_confirmations(
    officer: httpx.AsyncClient, database: Database, taught: tuple[Troubled, Trace, Trace]
) -> None:
    found, first, _ = taught
    shipped, _, newest = await model_ids(database, found)
    page = (await officer.get(f"/trace-models/{newest}")).text
    assert name_of(found, first.result["causes"][1]["node"]) in page
    assert "更常是根源，因 2 次确认" in page and "略降" in page and "阀门卡涩" in page
    assert "这一版没有学习任何案例" in (await officer.get(f"/trace-models/{shipped}")).text


async def test_pages_are_complete_in_english(
    app: FastAPI, database: Database, taught: tuple[Troubled, Trace, Trace]
) -> None:
    found, _, second = taught
    async with signed_in(app, found.people[Role.ADMIN]) as browser:
        browser.cookies.set("locale", "en")
        for path in ("/trace-models", f"/trace-models/{(await model_ids(database, found))[-1]}"):
            page = (await browser.get(path)).text
            main = re.sub(r'<span class="told-note">.*?</span>', "", page[page.index("<main") : page.index("</main>")])
            assert re.findall(r"[\u4e00-\u9fff]+", main) == [] and "%(" not in main
        assert "Similar earlier cases" in (await browser.get(f"/traces/{second.id}")).text


async def test_the_trace_page_shows_the_earlier_case_with_its_root_to_everybody(
    app: FastAPI, taught: tuple[Troubled, Trace, Trace]
) -> None:
    found, first, second = taught
    async with signed_in(app, found.people[Role.WORKER]) as browser:
        page = (await browser.get(f"/traces/{second.id}")).text
        told = (await browser.get(f"/api/v1/traces/{second.id}/similar")).json()
        assert (await browser.get("/trace-models")).status_code == 403
    assert "相似的往例" in page and f'href="/traces/{first.id}"' in page and "阀门卡涩" in page
    assert [one["case"]["trace_id"] for one in told] == [first.id] and told[0]["likeness"] > 0.9


async def test_a_trial_is_asked_for_shows_its_progress_and_then_before_and_after(
    officer: httpx.AsyncClient, database: Database, taught: tuple[Troubled, Trace, Trace]
) -> None:
    found, _, _ = taught
    newest = (await model_ids(database, found))[-1]
    refused = await officer.post(
        f"/trace-models/{newest}/replay", data={"from_day": "2001-01-01", "to_day": "2001-02-01"}
    )
    assert refused.status_code == 422 and "没有已确认根源" in refused.text and 'value="2001-01-01"' in refused.text
    assert "模型第 0 版（出厂）" in refused.text
    asked = await officer.post(f"/trace-models/{newest}/replay")
    assert (asked.status_code, asked.headers["location"]) == (303, f"/trace-models/{newest}?done=replay#trial")
    assert (await officer.post(f"/trace-models/{newest}/replay")).status_code == 409
    running = await officer.get(f"/trace-models/{newest}", headers={"HX-Request": "true", "HX-Target": "trial"})
    assert "正在回放 0 / 2" in running.text and "<html" not in running.text and "every 2s" in running.text
    async with database.session() as session:
        wanted = select(col(Job.id)).where(col(Job.kind) == REPLAY_JOB, col(Job.site_id) == found.site.id)
        (job_id,) = (await session.scalars(wanted)).all()
    assert await run_job(database, HANDLERS, job_id)
    page = (await officer.get(f"/trace-models/{newest}")).text
    assert "模型第 1 版（对照）" in page and "没有学过它自己的模型" in page and "every 2s" not in page
    assert "回放：排第一 50% → 100%（2 次）" in (await officer.get("/trace-models")).text


async def test_who_configures_goes_back_and_forth_and_chooses_when_to_learn(app: FastAPI, database: Database) -> None:
    found = await trouble(database)
    trace = await made_trace(database, found)
    await confirm(database, found, trace, trace.result["causes"][0]["node"])
    shipped, newest = await model_ids(database, found)
    async with signed_in(app, found.people[Role.MANAGER]) as manager:
        page = (await manager.get(f"/trace-models/{shipped}")).text
        assert "使用这一版" not in page and "开始回放" not in page
        assert (await manager.post(f"/trace-models/{shipped}/activate")).status_code == 403
    async with signed_in(app, found.people[Role.ADMIN]) as admin:
        assert "使用这一版" in (await admin.get(f"/trace-models/{shipped}")).text
        back = await admin.post(f"/trace-models/{shipped}/activate")
        assert back.headers["location"] == f"/trace-models/{shipped}?done=activated"
        listed = (await admin.get("/trace-models")).text
        assert "1 个案例还没有学习" in listed and "现在学习" in listed
        await admin.post("/trace-models/learning", data={})
        assert "由您决定何时学习" in (await admin.get("/trace-models")).text
        learned = await admin.post("/trace-models/learn")
        assert (await admin.get(learned.headers["location"])).status_code == 200
        assert (await admin.post(f"/trace-models/{newest}/activate")).status_code == 303
        audited = (await admin.get("/audit")).text
    assert "切换溯源模型" in audited and "溯源模型学习" in audited


async def test_programs_read_versions_go_back_and_try(app: FastAPI, database: Database) -> None:
    found = await trouble(database)
    trace = await made_trace(database, found)
    node = trace.result["causes"][1]["node"]
    await confirm(database, found, trace, node)
    async with signed_in(app, found.people[Role.ADMIN]) as program:
        program.headers["Accept"] = "application/json"
        newest, shipped = (await program.get("/api/v1/trace-models")).json()
        content = (await program.get(f"/api/v1/trace-models/{newest['id']}")).json()
        back = (await program.post(f"/api/v1/trace-models/{shipped['id']}/activate")).json()
        period = {"from_at": "2026-01-01T00:00:00Z", "to_at": "2026-12-31T00:00:00Z"}
        asked = (await program.post(f"/api/v1/trace-models/{newest['id']}/replays", json=period)).json()
        seen = (await program.get(f"/api/v1/trace-replays/{asked['id']}")).json()
    assert (newest["version"], newest["because"], newest["active"]) == (1, "confirmed", True)
    assert content["prior"][node] == max(content["prior"].values()) > 0.5 and content["cases"][0]["rank"] == 2
    assert newest["live"]["reviewed"] == 0 and shipped["live"] == {"reviewed": 1, "top1": 0.0, "top3": 1.0}
    assert (back["version"], back["active"], back["prior"]) == (0, True, {})
    assert (seen["state"], seen["done"], seen["of"]) == ("running", 0, 1)
