"""The fused causes on the trace's page, their answers by form and API, and the cause library's pages."""

import json
import re
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from backend.core.database import Database
from backend.identity.models import Role
from backend.tracing.checks.wanting import questions_of
from backend.tracing.models import Trace
from tests.tracing.conftest import Troubled
from tests.webclient import running_app, signed_in


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as app:
        yield app


async def test_the_page_ranks_all_kinds_of_causes_and_leads_to_what_they_rest_on(
    app: FastAPI, neglected: tuple[Troubled, Trace]
) -> None:
    found, trace = neglected
    async with signed_in(app, found.people[Role.LEADER]) as browser:
        page = (await browser.get(f"/traces/{trace.id}")).text
    for words in ("人、物、环、管综合判断", "供料中断", "促成因素，不是结论", "进料阀填料渗漏", "近 14 天漏检 1 次"):
        assert words in page
    record = next(c["record"] for one in trace.result["fused"] for c in one["cites"] if c["kind"] == "record")
    assert f"/points/{found.points['XMEAS_1'].id}" in page and record["row_id"]
    assert "/cause-library" in page and "%(" not in page.split('id="fused"')[1].split("</section>")[0]


async def test_a_worker_answers_on_the_page_and_sees_what_it_moved(
    app: FastAPI, neglected: tuple[Troubled, Trace], database: Database
) -> None:
    found, trace = neglected
    question = questions_of(trace.result["fused"])[0]
    form = {"answer": "no", "note": "总管压力为零", "idempotency_key": "page-1", "back": "trace"}
    async with signed_in(app, found.people[Role.WORKER]) as browser:
        before = (await browser.get(f"/traces/{trace.id}")).text
        assert question["text"] in (await browser.get("/tasks")).text
        assert question["text"] in before and 'data-outbox="' in before and "/cause-library" not in before
        check = re.findall(rf'data-question="{re.escape(question["key"])}".*?action="(/checks/\d+)"', before, re.S)[0]
        assert f'href="{check}"' in (await browser.get("/tasks")).text
        for _ in range(2):
            sent = await browser.post(check, data=form)
            assert (sent.status_code, sent.headers["location"]) == (303, f"/traces/{trace.id}#fused")
        page = (await browser.get(f"/traces/{trace.id}")).text
        assert question["text"] not in (await browser.get("/tasks")).text
        assert page.count("总管压力为零") == 1 and "现场核查" in page and "→" in page
        refused = await browser.post(check, data={**form, "answer": "maybe", "idempotency_key": ""})
        assert refused.status_code == 422
        assert question["text"] in (done := (await browser.get(check)).text) and "总管压力为零" in done


async def test_programs_read_causes_and_send_answers(app: FastAPI, neglected: tuple[Troubled, Trace]) -> None:
    found, trace = neglected
    async with signed_in(app, found.people[Role.LEADER]) as browser:
        read = (await browser.get(f"/api/v1/traces/{trace.id}/causes")).json()
        causes = [one for one in read["causes"] if not one["contributes"]]
        assert sum(one["probability"] for one in causes) + read["rest"] == pytest.approx(1.0, abs=0.01)
        key = f"equipment:{found.equipment['FEED_A'].id}?feed.batch_changed"
        sent = await browser.post(f"/api/v1/traces/{trace.id}/answers", json={"question": key, "answer": "yes"})
        assert sent.status_code == 200 and sent.json()["causes"] != read["causes"]
        wrong = await browser.post(f"/api/v1/traces/{trace.id}/answers", json={"question": key, "answer": "x"})
        assert wrong.status_code == 422


async def test_the_library_is_exported_edited_and_imported_in_versions(
    app: FastAPI, neglected: tuple[Troubled, Trace]
) -> None:
    found, _ = neglected
    async with signed_in(app, found.people[Role.SAFETY_OFFICER]) as browser:
        assert "阀门" in (await browser.get("/cause-library")).text
        assert "阀杆卡涩" in (await browser.get("/cause-library/valve")).text
        before = (await browser.get("/api/v1/cause-library")).json()
        exported = (await browser.get("/cause-library/export")).json()
        valve = next(one for one in exported["classes"] if one["key"] == "valve")
        valve["modes"][0]["title"] = "本厂阀门卡涩"
        file = {"file": ("own.json", json.dumps({"classes": [valve]}).encode())}
        assert (await browser.post("/cause-library/import", files=file)).status_code == 303
        edited = await browser.post("/cause-library/valve/sticking", data={"per_year": "2.5"})
        assert edited.status_code == 303
        now = (await browser.get("/api/v1/cause-library")).json()
        mode = next(one for one in now["classes"] if one["key"] == "valve")["modes"][0]
        assert (now["version"] - before["version"], mode["title"], mode["per_year"]) == (2, "本厂阀门卡涩", 2.5)
        for content in (b"not json", b'{"classes": [{"key": "x"}]}', b""):
            refused = await browser.post("/cause-library/import", files={"file": ("x.json", content)})
            assert refused.status_code == 422 and "field-error" in refused.text
        assert (await browser.post("/cause-library/valve/sticking", data={"per_year": "-1"})).status_code == 422
        assert (await browser.put("/api/v1/cause-library", json={"per_year": {"no.mode": 1}})).status_code == 422
