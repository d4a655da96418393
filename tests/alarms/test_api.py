"""Alarms and rules for programs: the same permissions, the same refusals, each deed once."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from backend.alarms.models import Level
from backend.core.database import Database
from backend.identity.models import Person, Role
from tests.alarms.browsing import Browsers, raised, returned
from tests.alarms.setting import Setting, settle
from tests.webclient import signed_in

RULE: dict[str, Any] = {
    "kind": "threshold",
    "name": "压力高",
    "parameters": {"limits": {"HH": {"value": 120, "level": "major"}}},
    "level": "general",
}


@pytest.fixture
async def stranger(app: FastAPI, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """An administrator of another site."""
    async with database.session() as session:
        other = await settle(session)
        person = await session.get_one(Person, other.people[Role.ADMIN])
    async with signed_in(app, person) as browser:
        yield browser


async def test_the_list_pages_through_floods(database: Database, setting: Setting, browsers: Browsers) -> None:
    general = await raised(database, setting)
    major = await raised(database, setting, machine=1, level=Level.MAJOR)
    single = await raised(database, setting, condition_key="system:x", equipment_id=None, level=Level.LOW)
    browser = await browsers(Role.WORKER)
    first = (await browser.get("/api/v1/alarms", params={"most": 1})).json()
    assert [[one["id"] for one in flood["alarms"]] for flood in first["items"]] == [[major, general]]
    assert first["items"][0]["size"] == 2
    assert first["items"][0]["alarms"][0]["equipment"]["name"] == "设备1"
    second = (await browser.get("/api/v1/alarms", params={"most": 1, "after": first["following"]})).json()
    assert [one["id"] for one in second["items"][0]["alarms"]] == [single]
    assert second["following"] == ""
    assert (await browser.get("/api/v1/alarms?show=nonsense")).status_code == 422


async def test_one_alarm_tells_what_the_caller_can_do(database: Database, setting: Setting, browsers: Browsers) -> None:
    alarm = await raised(database, setting)
    mate = await raised(database, setting, machine=1)
    leader = (await (await browsers(Role.LEADER)).get(f"/api/v1/alarms/{alarm}")).json()
    assert leader["can"] == ["acknowledge", "judge", "note", "shelve"]
    assert (leader["unit"], leader["value"], leader["limit_value"]) == ("kPa", 101.0, 100.0)
    assert [one["id"] for one in leader["mates"]] == [mate]
    worker = (await (await browsers(Role.WORKER)).get(f"/api/v1/alarms/{alarm}")).json()
    assert worker["can"] == ["note"]


async def test_a_deed_sent_again_with_its_key_is_done_once(
    database: Database, setting: Setting, browsers: Browsers
) -> None:
    alarm = await raised(database, setting)
    browser = await browsers(Role.LEADER)
    url, key = f"/api/v1/alarms/{alarm}/acknowledge", {"Idempotency-Key": uuid4().hex}
    first = await browser.post(url, json={"note": "看到"}, headers=key)
    again = await browser.post(url, json={"note": "看到"}, headers=key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert first.json()["state"] == "acknowledged"
    other = await browser.post(url, json={"note": "别的"}, headers=key)
    assert other.status_code == 409
    bare = await browser.post(url, json={"note": "看到"})
    assert bare.status_code == 409
    assert bare.headers["content-type"] == "application/problem+json"
    assert "报警已有人确认" in bare.json()["detail"]
    story = (await browser.get(f"/api/v1/alarms/{alarm}/timeline")).json()["items"]
    assert [line["kind"] for line in story] == ["alarm.raised", "alarm.acknowledged"]
    assert story[1]["person"]["id"] == setting.people[Role.LEADER] and story[1]["note"] == "看到"


async def test_shelve_judge_and_close_answer_with_the_new_state(
    database: Database, setting: Setting, browsers: Browsers
) -> None:
    alarm = await raised(database, setting, level=Level.MAJOR)
    leader, manager = await browsers(Role.LEADER), await browsers(Role.MANAGER)
    url = f"/api/v1/alarms/{alarm}"
    refused = await leader.post(f"{url}/shelve", json={"minutes": 15})
    assert (refused.status_code, refused.json()["errors"]) == (422, {"reason": "请填写搁置原因"})
    assert (await leader.post(f"{url}/shelve", json={"minutes": 15, "reason": "检修"})).json()["state"] == "shelved"
    assert (await leader.post(f"{url}/unshelve")).json()["state"] == "unacknowledged"
    assert (await leader.post(f"{url}/judge", json={})).status_code == 422
    assert (await leader.post(f"{url}/judge", json={"genuine": True})).json()["judgement"] == "true"
    await leader.post(f"{url}/acknowledge")
    await returned(database, setting)
    assert (await leader.post(f"{url}/close")).status_code == 409
    assert (await manager.post(f"{url}/close", json={"note": "已复核"})).json()["state"] == "closed"
    past = (await leader.get("/api/v1/alarms?show=closed")).json()["items"]
    assert [one["id"] for flood in past for one in flood["alarms"]] == [alarm]


async def test_rules_are_made_edited_and_taken_out_by_programs(
    database: Database, setting: Setting, browsers: Browsers
) -> None:
    browser = await browsers(Role.SAFETY_OFFICER)
    key = {"Idempotency-Key": uuid4().hex}
    sent = RULE | {"point_id": setting.points[0]}
    made = await browser.post("/api/v1/rules", json=sent, headers=key)
    assert made.status_code == 201
    rule = made.json()
    assert (await browser.post("/api/v1/rules", json=sent, headers=key)).json()["id"] == rule["id"]
    url = f"/api/v1/rules/{rule['id']}"
    edited = await browser.put(url, json=sent | {"version": 1, "deadband": 2})
    assert (edited.json()["version"], edited.json()["deadband"]) == (2, 2.0)
    assert (await browser.put(url, json=sent | {"version": 1, "deadband": 3})).status_code == 409
    wrong = await browser.put(url, json=sent | {"version": 2, "parameters": {"limits": {}}})
    assert (wrong.status_code, wrong.json()["errors"]) == (422, {"limits": "至少填写一个限值"})
    assert (await browser.post(f"{url}/out-of-service", json={"reason": "校表"})).json()[
        "out_of_service_reason"
    ] == "校表"
    listed = (await browser.get("/api/v1/rules?service=out_of_service")).json()["items"]
    assert [(one["id"], one["point"]["name"], one["open"]) for one in listed] == [(rule["id"], "压力0", 0)]
    assert (await browser.post(f"{url}/back")).json()["out_of_service_reason"] == ""
    assert (await browser.get(url)).json()["version"] == 4


async def test_a_leader_reads_rules_and_a_worker_does_not(
    database: Database, setting: Setting, browsers: Browsers
) -> None:
    leader, worker = await browsers(Role.LEADER), await browsers(Role.WORKER)
    assert (await leader.get("/api/v1/rules")).status_code == 200
    assert (await leader.post("/api/v1/rules", json=RULE)).status_code == 403
    assert (await worker.get("/api/v1/rules")).status_code == 403


async def test_another_sites_things_are_not_found(
    database: Database, setting: Setting, browsers: Browsers, stranger: httpx.AsyncClient
) -> None:
    alarm = await raised(database, setting)
    rule = (
        await (await browsers(Role.ADMIN)).post("/api/v1/rules", json=RULE | {"point_id": setting.points[0]})
    ).json()["id"]
    for url in (f"/api/v1/alarms/{alarm}", f"/api/v1/alarms/{alarm}/timeline", f"/api/v1/rules/{rule}"):
        assert (await stranger.get(url)).status_code == 404
    for deed in ("acknowledge", "shelve", "unshelve", "close", "judge", "note"):
        assert (await stranger.post(f"/api/v1/alarms/{alarm}/{deed}")).status_code == 404
    assert (await stranger.put(f"/api/v1/rules/{rule}", json=RULE | {"version": 1})).status_code == 404
    assert (await stranger.post(f"/api/v1/rules/{rule}/out-of-service")).status_code == 404
    assert (await stranger.get("/api/v1/alarms")).json()["items"] == []
    assert (await stranger.get("/api/v1/rules")).json()["items"] == []
