"""The queue in a browser and for programs: what waits, why, what a decision does, taken and taken back."""

from datetime import timedelta

from fastapi import FastAPI

from backend.core.clock import now
from backend.core.database import Database
from backend.governance.cleaning.models import CaseState
from backend.identity.actor import Actor
from backend.identity.models import Person
from tests.governance.cleaning.suspects import LEAK, LEAK_AGAIN, cases, checked_in, looked, reported
from tests.incidents.scene import Scene
from tests.webclient import signed_in


async def person(database: Database, actor: Actor) -> Person:
    async with database.session() as session:
        return await session.get_one(Person, actor.person_id)


async def _twice(database: Database, scene: Scene) -> int:
    await reported(database, scene)
    await reported(database, scene, LEAK_AGAIN)
    await looked(database, scene)
    (case,) = await cases(database, scene)
    return case.id


async def test_a_leader_sees_both_reports_and_what_excluding_one_does(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    case_id = await _twice(database, scene)
    here = f"/data-cleaning/{case_id}"
    async with signed_in(app, await person(database, scene.leader)) as browser:
        queue = (await browser.get("/data-cleaning?suspicion=duplicate")).text
        assert f'id="case-{case_id}"' in queue and LEAK in queue and LEAK_AGAIN in queue
        effect = (await browser.get(f"{here}/effect", headers={"HX-Request": "true"})).text
        assert "<html" not in effect
        assert "通过数据清洗的记录" in effect and "50.0%" in effect
        assert "<html" in (await browser.get(f"{here}/effect")).text
        assert "n 2 → 2" in effect
        kept = (await browser.get(f"{here}/effect?state=kept")).text
        assert "的指标都不变" in kept
    async with signed_in(app, await person(database, scene.rival)) as browser:
        assert f"case-{case_id}" not in (await browser.get("/data-cleaning")).text
        assert (await browser.get(here)).status_code == 404
        assert (await browser.post(f"{here}/decide", data={"state": "excluded"})).status_code == 404
    async with signed_in(app, await person(database, scene.manager)) as browser:
        page = await browser.get(here)
        assert page.status_code == 200 and "留一条" not in page.text, "a manager sees it and doesn't decide"
        assert (await browser.post(f"{here}/decide", data={"state": "excluded"})).status_code == 403


async def test_who_made_one_of_them_reads_that_somebody_else_decides(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    await reported(database, scene, reporter_id=scene.leader.person_id)
    await reported(database, scene, LEAK_AGAIN)
    await looked(database, scene)
    (case,) = await cases(database, scene)
    async with signed_in(app, await person(database, scene.leader)) as browser:
        page = (await browser.get(f"/data-cleaning/{case.id}")).text
        assert "这里有您自己的记录" in page and "留一条</button>" not in page
        refused = await browser.post(f"/data-cleaning/{case.id}/decide", data={"state": "excluded"})
        assert refused.status_code == 409


async def test_decided_it_says_so_on_the_report_itself_until_it_is_taken_back(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    first = await reported(database, scene)
    again = await reported(database, scene, LEAK_AGAIN)
    await looked(database, scene)
    (case,) = await cases(database, scene)
    here = f"/data-cleaning/{case.id}"
    async with signed_in(app, await person(database, scene.officer)) as browser:
        done = await browser.post(f"{here}/decide", data={"state": "excluded", "kept_id": str(again), "note": "同一处"})
        assert (done.status_code, done.headers["location"]) == (303, f"{here}?done=excluded")
        assert "同一处" in (await browser.get(here)).text
        marked = (await browser.get(f"/reports/{first}")).text
        assert 'id="excluded"' in marked and f'href="{here}"' in marked
        assert 'id="excluded"' not in (await browser.get(f"/reports/{again}")).text
        assert f"case-{case.id}" in (await browser.get("/data-cleaning?decided=true")).text
        assert (await browser.post(f"{here}/undo")).status_code == 303
        assert 'id="excluded"' not in (await browser.get(f"/reports/{first}")).text
        assert "后来撤销" in (await browser.get(here)).text
        assert (await browser.post(f"{here}/undo")).status_code == 409
    async with signed_in(app, await person(database, scene.leader)) as browser:
        await browser.post(f"{here}/decide", data={"state": "excluded"})
        marked = (await browser.get(f"/reports/{again}")).text
        assert 'id="excluded"' in marked


async def test_a_note_too_long_is_refused_beside_the_field_and_kept(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    case_id = await _twice(database, scene)
    long = "长" * 501
    async with signed_in(app, await person(database, scene.officer)) as browser:
        page = await browser.post(f"/data-cleaning/{case_id}/decide", data={"state": "excluded", "note": long})
        assert page.status_code == 422
        assert "note-error" in page.text and long in page.text
        many = {"ids": [str(case_id)], "state": "kept", "note": long}
        page = await browser.post("/data-cleaning/selected", data=many)
        assert page.status_code == 422
        assert "note-error" in page.text and long in page.text
    (case,) = await cases(database, scene)
    assert case.state == CaseState.OPEN


async def test_nothing_ticked_says_what_to_do(app: FastAPI, scene: Scene, database: Database) -> None:
    async with signed_in(app, await person(database, scene.officer)) as browser:
        page = (await browser.get("/data-cleaning/selected?state=excluded")).text
        assert "先勾选要处理的条目" in page and 'href="/data-cleaning"' in page
        refused = await browser.post("/data-cleaning/selected", data={"state": "excluded"})
        assert refused.status_code == 422


async def test_a_check_in_that_is_excluded_says_so(app: FastAPI, database: Database, scene: Scene) -> None:
    at = now() - timedelta(minutes=30)
    await checked_in(database, scene, at)
    again = await checked_in(database, scene, at + timedelta(minutes=2))
    await looked(database, scene)
    (case,) = await cases(database, scene)
    async with signed_in(app, await person(database, scene.officer)) as browser:
        assert f'href="/checkins/records/{again}"' in (await browser.get(f"/data-cleaning/{case.id}")).text
        await browser.post(f"/data-cleaning/{case.id}/decide", data={"state": "excluded"})
        assert 'id="excluded"' in (await browser.get(f"/checkins/records/{again}")).text


async def test_programs_read_the_queue_and_decide(app: FastAPI, database: Database, scene: Scene) -> None:
    case_id = await _twice(database, scene)
    async with signed_in(app, await person(database, scene.officer)) as browser:
        browser.headers["Accept"] = "application/json"
        (one,) = (await browser.get("/api/v1/data-cleaning")).json()["cases"]
        assert (one["id"], one["suspicion"], one["state"], len(one["records"])) == (case_id, "duplicate", "open", 2)
        decided = await browser.post(f"/api/v1/data-cleaning/{case_id}/decide", json={"state": "excluded"})
        assert decided.json()["state"] == "excluded"
        again = await browser.post(f"/api/v1/data-cleaning/{case_id}/decide", json={"state": "kept"})
        assert again.status_code == 409
        assert (await browser.get("/api/v1/data-cleaning")).json()["cases"] == []
        assert (await browser.post(f"/api/v1/data-cleaning/{case_id}/undo")).json()["state"] == "open"


async def test_the_assessment_of_adoption_weighs_entries_that_passed_cleaning(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    async with signed_in(app, await person(database, scene.manager)) as browser:
        page = (await browser.get("/indicators/adoption")).text
        assert "通过数据清洗的记录" in page
        assert "通过清洗的记录" in (await browser.get("/adoption")).text
