"""Several cases decided at once: what came to one of them after somebody looked is looked at before any is decided."""

import re
from datetime import timedelta

import pytest
from fastapi import FastAPI

from backend.core.clock import now
from backend.core.database import Database
from backend.core.errors import Conflict
from backend.governance.cleaning import commands
from backend.governance.cleaning.forms import read_seen
from backend.governance.cleaning.models import CaseState
from tests.governance.cleaning.suspects import LEAK_AGAIN, RAIL, STUCK, cases, counted, looked, reported, sent
from tests.governance.cleaning.test_pages import person
from tests.incidents.scene import Scene
from tests.webclient import signed_in

HIDDEN = re.compile(r'<input type="hidden" name="(ids|seen|state)" value="([^"]+)">')


async def _two_cases(database: Database, scene: Scene) -> list[int]:
    """A leak that was reported twice, and a rail."""
    for words in ("一号泵机封漏油，地面有油", LEAK_AGAIN, RAIL, RAIL):
        await reported(database, scene, words)
    await looked(database, scene)
    found = [case.id for case in await cases(database, scene, suspicion="duplicate")]
    assert len(found) == 2
    return found


async def _one_more_leak(database: Database, scene: Scene) -> None:
    await reported(database, scene, LEAK_AGAIN + "了", created_at=now() - timedelta(minutes=5))
    await looked(database, scene)


async def _states(database: Database, scene: Scene) -> list[str]:
    return [case.state for case in await cases(database, scene)]


def form_of(page: str) -> dict[str, list[str]]:
    """What the page's form would send."""
    sent: dict[str, list[str]] = {}
    for name, value in HIDDEN.findall(page):
        sent.setdefault(name, []).append(value)
    return sent


async def test_a_record_that_came_meanwhile_is_shown_before_any_of_several_is_decided(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    first, second = await _two_cases(database, scene)
    async with signed_in(app, await person(database, scene.officer)) as browser:
        page = (await browser.get(f"/data-cleaning/selected?ids={first}&ids={second}&state=excluded")).text
        form = form_of(page)
        assert len(form["ids"]) == len(form["seen"]) == 2
        await _one_more_leak(database, scene)
        refused = await browser.post("/data-cleaning/selected", data={**form, "note": "同一处"})
        assert refused.status_code == 409
        assert "所选的有 1 条刚刚又多了记录" in refused.text and "又多了 1 条" in refused.text
        assert "同一处" in refused.text, "what was typed stays"
        assert await _states(database, scene) == [CaseState.OPEN, CaseState.OPEN], "none of them is decided"
        now_seen = form_of(refused.text)
        assert sorted(now_seen["seen"]) == sorted([f"{first}:2", f"{second}:1"])
        done = await browser.post("/data-cleaning/selected", data={**now_seen, "note": "同一处"})
        assert done.status_code == 303
    assert await _states(database, scene) == [CaseState.EXCLUDED, CaseState.EXCLUDED]


async def test_programs_that_say_what_they_saw_are_told_that_it_grew(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    case_id, _ = await _two_cases(database, scene)
    async with signed_in(app, await person(database, scene.officer)) as browser:
        browser.headers["Accept"] = "application/json"
        shown = {one["id"]: one["count"] for one in (await browser.get("/api/v1/data-cleaning")).json()["cases"]}
        await _one_more_leak(database, scene)
        here = f"/api/v1/data-cleaning/{case_id}/decide"
        stale = await browser.post(here, json={"state": "excluded", "seen": shown[case_id]})
        assert stale.status_code == 409
        fresh = await browser.post(here, json={"state": "excluded", "seen": shown[case_id] + 1})
        assert fresh.json()["state"] == CaseState.EXCLUDED


async def test_values_that_go_on_while_somebody_looks_are_decided_with_the_rest(
    database: Database, scene: Scene
) -> None:
    since = now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=4)
    await sent(database, scene, since, [(4.2, STUCK)] * 60)
    await counted(database, scene)
    await looked(database, scene)
    (case,) = await cases(database, scene)
    async with database.session() as session:
        await commands.decide_many(
            session, scene.officer, [case.id], CaseState.EXCLUDED, seen={case.id: case.count - 10}
        )
    assert await _states(database, scene) == [CaseState.EXCLUDED]


async def test_what_was_seen_of_one_says_nothing_of_another(database: Database, scene: Scene) -> None:
    first, second = await _two_cases(database, scene)
    await _one_more_leak(database, scene)
    async with database.session() as session:
        await commands.decide_many(session, scene.officer, [second], CaseState.KEPT, seen={first: 1, second: 1})
    with pytest.raises(Conflict):
        async with database.session() as session:
            await commands.decide_many(session, scene.officer, [first], CaseState.KEPT, seen={first: 1, second: 1})
    assert await _states(database, scene) == [CaseState.OPEN, CaseState.KEPT]


def test_only_pairs_of_a_case_and_a_count_are_read() -> None:
    assert read_seen(["3:2", "4:0", "x:1", "5:", ":5", "6", "7:1:2", "8:-1", "9:٣", "0:1"]) == {3: 2, 4: 0}
