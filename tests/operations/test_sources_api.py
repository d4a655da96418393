"""Risk points, the map, duty, decisions and safety reports for programs: as the pages show them, to whom they do."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from backend.core.database import Database
from backend.identity.models import Role
from tests.identity.estate import Estate, make_estate
from tests.webclient import signed_in


@pytest.fixture(scope="module")
async def estate(database: Database) -> Estate:
    """A site with one of everything."""
    async with database.session() as session:
        return await make_estate(session)


async def got(browser: httpx.AsyncClient, path: str) -> Any:
    answer = await browser.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def walked(browser: httpx.AsyncClient, path: str, name: str, most: int = 1) -> list[int]:
    """Ids over all pages of a list."""
    ids: list[int] = []
    following: int | None = 0 if name == "after" else None
    while True:
        at = "" if following is None else f"&{name}={following}"
        page = await got(browser, f"{path}{'&' if '?' in path else '?'}most={most}{at}")
        ids += [one["id"] for one in page["items"]]
        following = page["following"]
        if following is None:
            return ids


async def test_a_program_reads_all_risk_points_page_by_page_and_one_with_what_holds_it(
    app: FastAPI, estate: Estate
) -> None:
    point_id = estate.ids["risk_point_id"]
    async with signed_in(app, estate.people[Role.LEADER]) as browser:
        made = await browser.post("/risks", data={"code": "R-API", "name": "泵房", "kind": "place", "control": "team"})
        assert made.status_code == 303, made.text
        assert len(set(await walked(browser, "/risks", "after"))) == 2
        listed = await got(browser, "/risks?level=major")
        assert [one["id"] for one in listed["items"]] == [point_id] and listed["following"] is None
        assert [one["code"] for one in (await got(browser, "/risks?level=none"))["items"]] == ["R-API"]
        assert (await got(browser, "/risks?retired=true"))["items"] == []
        one = await got(browser, f"/risks/{point_id}")
        (source,) = one["sources"]
        assert source["residual"]["level"] == "major" and len(source["measures"]) == 1
        assert one["should_hold"] == "company", "a major risk held by a team"


async def test_a_program_grades_a_source_and_every_grading_stays(app: FastAPI, estate: Estate) -> None:
    point_id, source_id = estate.ids["risk_point_id"], estate.ids["hazard_source_id"]
    path = f"/risks/sources/{source_id}/gradings"
    scores = {"method": "lec", "l": "3", "e": "6", "c": "15"}
    async with signed_in(app, estate.people[Role.LEADER]) as browser:
        silent = await browser.post(f"/api/v1{path}", data=scores)
        assert silent.status_code == 422 and "why" in silent.text
        made = await browser.post(f"/api/v1{path}", data={**scores, "why": "加了联锁"})
        assert made.status_code == 201, made.text
        assert (made.json()["value"], made.json()["level"]) == (270.0, "significant")
        ids = await walked(browser, f"/risks/{point_id}/gradings", "before")
        assert ids == sorted(ids, reverse=True) and len(ids) == 2
        assert (await got(browser, f"/risks/{point_id}"))["level"] == "significant"
    async with signed_in(app, estate.people[Role.WORKER]) as browser:
        assert (await browser.post(f"/api/v1{path}", data={**scores, "why": "x"})).status_code == 403


async def test_a_program_reads_the_map_with_what_lifts_each_area(app: FastAPI, estate: Estate) -> None:
    async with signed_in(app, estate.people[Role.MANAGER]) as browser:
        (area,) = (await got(browser, "/risk-map"))["areas"]
        assert area["area_id"] == estate.ids["area_id"] and area["live"] == "major"
        assert {"why", "level", "words", "words_en", "url"} <= area["reasons"][0].keys()
    async with signed_in(app, estate.people[Role.WORKER]) as browser:
        assert (await browser.get("/api/v1/risk-map")).status_code == 403


async def test_a_worker_reads_the_own_statement_and_appeals_and_nobody_elses(app: FastAPI, estate: Estate) -> None:
    worker, officer = estate.people[Role.WORKER], estate.people[Role.SAFETY_OFFICER]
    async with signed_in(app, worker) as browser:
        own = await got(browser, "/duty/me")
        assert (own["person_id"], own["version"]) == (worker.id, 0)
        lines = [line for item in own["items"] for line in item["lines"]]
        assert lines and all(line["points"] <= 0 for line in lines)
        wanted = {"month": own["month"][:7], "row": lines[0]["key"], "reason": "那天设备停机"}
        sent = await browser.post("/api/v1/duty/appeals", data=wanted)
        assert sent.status_code == 201, sent.text
        again = await browser.post("/api/v1/duty/appeals", data=wanted)
        assert again.json()["id"] == sent.json()["id"]
        assert sent.json()["id"] in (await got(browser, "/duty/me"))["appeals"]
        assert len(await walked(browser, "/duty/appeals", "before")) == 2
        assert (await browser.get(f"/api/v1/duty/people/{officer.id}")).status_code == 404
        assert (await browser.get("/api/v1/duty")).status_code == 403
    async with signed_in(app, officer) as browser:
        answer = f"/api/v1/duty/appeals/{sent.json()['id']}/answer"
        assert (await browser.post(answer, data={"verdict": "refused"})).status_code == 422
        done = await browser.post(answer, data={"verdict": "upheld", "answer": "属实"})
        assert (done.status_code, done.json()["state"]) == (200, "upheld")
        people = (await got(browser, "/duty"))["people"]
        assert [one["person_id"] for one in people] == [worker.id]
        assert (await got(browser, "/duty/appeals?state=open"))["items"][0]["state"] == "open"


async def test_a_program_reads_decisions_and_their_rounds_and_says_what_was_spent(
    app: FastAPI, database: Database, estate: Estate
) -> None:
    async with signed_in(app, estate.people[Role.MANAGER]) as browser:
        found = await got(browser, "/decisions")
        assert found["round_id"] == estate.ids["decision_round_id"]
        one = await got(browser, f"/decisions/rounds/{estate.ids['decision_round_id']}")
        assert one["found_classes"][0]["units"] == 2
        assert [each["id"] for each in (await got(browser, "/decisions/rounds"))["items"]] == [one["id"]]
        assert await got(browser, f"/decisions/plans/{estate.ids['plan_id']}") is None
        adopt = f"/api/v1/decisions/plans/{estate.ids['plan_id']}/adopt"
        assert (await browser.post(adopt, data={"pace": "shift"})).status_code == 409
        open_ = found["spendings"][0]["suggestion_id"]
        path = f"/api/v1/decisions/suggestions/{open_}"
        assert (await browser.post(f"{path}/cost", data={"money": "1,200"})).status_code == 204
        assert (await got(browser, "/decisions"))["spendings"][0]["cost"] == 1200.0
        assert (await browser.post(f"{path}/spent", data={"spent": "900"})).status_code == 409
        decided = next(one for one in found["decided"] if one["state"] == "adopted")["suggestion_id"]
        spent = f"/api/v1/decisions/suggestions/{decided}/spent"
        assert (await browser.post(spent, data={"spent": "很多"})).status_code == 422
        assert (await browser.post(spent, data={"spent": "900"})).status_code == 204
        after = await got(browser, "/decisions")
        mine = next(one for one in after["decided"] if one["suggestion_id"] == decided)
        assert (mine["spent"], mine["spent_by"]) == (900.0, estate.people[Role.MANAGER].id)
        assert sum(one["spent"] for one in after["rounds"]) == 900.0
        assert (await browser.post("/api/v1/decisions/rounds")).status_code == 202
    async with signed_in(app, estate.people[Role.LEADER]) as browser:
        assert (await browser.post("/api/v1/decisions/rounds")).status_code == 403


async def test_a_program_reads_safety_reports_and_has_one_written(app: FastAPI, estate: Estate) -> None:
    report_id = estate.ids["safety_report_id"]
    async with signed_in(app, estate.people[Role.MANAGER]) as browser:
        (listed,) = (await got(browser, "/safety-reports?kind=month&stage_id=0"))["items"]
        assert (listed["id"], listed["first"], "content" in listed) == (report_id, "2026-09-01", False)
        assert (await got(browser, f"/safety-reports?before={report_id}"))["items"] == []
        assert "waiting" in (await got(browser, f"/safety-reports/{report_id}"))["content"]
        wrong = await browser.post("/api/v1/safety-reports", data={"kind": "year", "day": "2026-10-03"})
        assert wrong.status_code == 422
        asked = await browser.post("/api/v1/safety-reports", data={"kind": "month", "day": "2026-10-03"})
        assert asked.status_code == 202
    async with signed_in(app, estate.people[Role.LEADER]) as browser:
        assert (await browser.get("/api/v1/safety-reports")).status_code == 403


async def test_the_api_describes_them_with_examples(app: FastAPI, estate: Estate) -> None:
    async with signed_in(app, estate.people[Role.MANAGER]) as browser:
        described = await got(browser, "/openapi.json")
    for path in ("/risks", "/risks/{risk_point_id}", "/risk-map", "/duty/me", "/decisions", "/safety-reports"):
        assert f"/api/v1{path}" in described["paths"]
    for name in ("RiskPointOut", "GradingOut", "RiskMapOut", "StatementOut", "DecisionsOut", "StockOut"):
        assert described["components"]["schemas"][name]["examples"], name
