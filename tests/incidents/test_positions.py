"""Where people are during an incident: agreed to, sent, seen by who may, played back, deleted."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from backend.checkins.models import CheckIn, PlaceFence
from backend.core.clock import now
from backend.core.database import Database
from backend.identity.actor import Actor
from backend.identity.models import AuditEntry
from backend.incidents.commands import close, contain
from backend.incidents.commands.leading import Ending
from backend.incidents.models import Incident
from backend.incidents.positions.commands import agree, set_rule
from backend.incidents.positions.keeping import forget_incident_positions
from backend.incidents.positions.models import IncidentPosition, PositionErasure, SendingConsent
from backend.incidents.positions.rule import Rule, read_rule
from backend.incidents.positions.wording import CONSENT_VERSION
from backend.incidents.recording import Said
from backend.incidents.response.commands import Order, end_evacuation, order_evacuation, say_safe
from backend.labels.codes import token_of
from backend.labels.commands import make_labels
from backend.labels.keys import label_key
from backend.labels.queries import Kind, live_label, things_named
from tests.factories import made
from tests.incidents.scene import Scene, tapped
from tests.incidents.test_pages import browsing, text_of

GATE = (31.2300, 121.4700)
DEGREE_M = 111_195.0


@pytest.fixture
async def placed(database: Database, scene: Scene) -> Scene:
    """The scene on a ground of 400 m around the gate, with the reactor's fence at it."""
    async with database.session(site_id=scene.site.id) as session:
        await set_rule(session, scene.officer, read_rule(keep_days="30", lat="31.23", lon="121.47", radius_m="400"))
        fence = PlaceFence(site_id=scene.site.id, equipment_id=scene.reactor.id, lat=GATE[0], lon=GATE[1], radius_m=20)
        await made(session, fence)
    return scene


def fix(seconds_ago: float = 0.0, metres_north: float = 0.0, accuracy: float = 8.0) -> dict[str, Any]:
    at = now() - timedelta(seconds=seconds_ago)
    return {"at": at.isoformat(), "lat": GATE[0] + metres_north / DEGREE_M, "lon": GATE[1], "accuracy_m": accuracy}


def batch(*fixes: dict[str, Any]) -> dict[str, Any]:
    return {"device_now": now().isoformat(), "fixes": list(fixes)}


async def agreed(database: Database, *actors: Actor, hours_ago: float = 1) -> None:
    """They agreed some while ago."""
    for actor in actors:
        async with database.session(site_id=actor.site_id) as session:
            row = SendingConsent(site_id=actor.site_id, person_id=actor.person_id, given=True, wording=CONSENT_VERSION)
            row.created_at = now() - timedelta(hours=hours_ago)
            await made(session, row)


async def broke_out(database: Database, scene: Scene, minutes_ago: float = 30) -> Incident:
    """A leak that the worker reported at the reactor; it began some while ago."""
    incident = await tapped(database, scene.worker, scene)
    earlier = now() - timedelta(minutes=minutes_ago)
    async with database.session() as session:
        one = await session.get_one(Incident, incident.id)
        one.began_at = one.opened_at = earlier
    return incident


async def kept(database: Database, incident_id: int) -> list[IncidentPosition]:
    async with database.session() as session:
        wanted = select(IncidentPosition).where(col(IncidentPosition.incident_id) == incident_id)
        return list(await session.scalars(wanted.order_by(col(IncidentPosition.at), col(IncidentPosition.id))))


async def audited(database: Database, actor: Actor | None, action: str, object_id: int) -> int:
    async with database.session() as session:
        wanted = select(func.count()).where(
            col(AuditEntry.action) == action,
            col(AuditEntry.object_id) == object_id,
            col(AuditEntry.actor_id) == (actor.person_id if actor else None),
        )
        return int(await session.scalar(wanted) or 0)


async def send(browser: httpx.AsyncClient, *fixes: dict[str, Any]) -> httpx.Response:
    return await browser.post("/api/v1/positions", json=batch(*fixes), headers={"Accept": "application/json"})


async def test_nothing_is_taken_without_consent_and_one_tap_ends_it(
    app: FastAPI, database: Database, placed: Scene
) -> None:
    incident = await broke_out(database, placed)
    async with browsing(app, placed.worker) as phone:
        assert (await send(phone, fix())).status_code == 403
        page = (await phone.get("/me/positions")).text
        assert "您没有同意，不发送位置" in page and "30 天自动删除" in text_of(page)
        stale = await phone.post("/me/positions/agree", data={"wording": CONSENT_VERSION - 1})
        assert stale.status_code == 409 and "重新看一遍" in stale.text
        answer = await phone.post("/me/positions/agree", data={"wording": CONSENT_VERSION})
        assert answer.headers["location"] == "/me/positions?done=agreed"
        asked = (await phone.get("/api/v1/positions/sending")).json()
        assert asked["agreed"] and [one["incident_id"] for one in asked["incidents"]] == [incident.id]
        assert (await send(phone, fix())).json() == {"kept": 1, "goes_on": True}
        page = (await phone.get("/me/positions?done=agreed")).text
        assert "您已同意" in page and "共 1 个" in page and incident.number in page
        await phone.post("/me/positions/withdraw")
        assert (await send(phone, fix())).status_code == 403
        assert not (await phone.get("/api/v1/positions/sending")).json()["agreed"]
        assert len(await kept(database, incident.id)) == 1, "what was sent before stays till it is deleted"
        await phone.post("/me/positions/erase")
    assert await kept(database, incident.id) == []
    for verb in ("agreed", "withdrawn", "erased"):
        assert await audited(database, placed.worker, f"person.positions_{verb}", placed.worker.person_id) == 1


async def test_consent_and_what_was_sent_are_never_changed_in_the_database(database: Database, placed: Scene) -> None:
    await agreed(database, placed.worker)
    for change in (
        "UPDATE incident_sending_consent SET given = false",
        "DELETE FROM incident_sending_consent",
        "UPDATE incident_position SET lat = 0",
        "DELETE FROM incident_position_erasure",
    ):
        with pytest.raises(DBAPIError):
            async with database.session() as session:
                await session.execute(text(change))


async def test_only_whom_an_incident_concerns_is_asked_and_only_while_it_goes_on(
    app: FastAPI, database: Database, placed: Scene
) -> None:
    await agreed(database, placed.worker, placed.stranger, placed.officer)
    async with (
        browsing(app, placed.worker) as phone,
        browsing(app, placed.stranger) as other,
        browsing(app, placed.officer) as officer,
    ):
        quiet = await send(phone, fix())
        assert quiet.status_code == 409 and "没有与您有关的事件" in quiet.json()["detail"] + quiet.json()["title"]
        incident = await broke_out(database, placed)
        assert (await send(phone, fix())).json()["goes_on"]
        assert (await send(other, fix())).status_code == 409, "of another team, and nobody called them"
        assert (await send(officer, fix())).json()["goes_on"], "of no team, but called"
        await ended(database, placed, incident)
        late = (await send(phone, fix(300, 40))).json()
        assert late == {"kept": 1, "goes_on": False}, "what was gathered while it went on still counts, then it stops"
        assert (await send(phone, fix())).json() == {"kept": 0, "goes_on": False}
        assert (await phone.get("/api/v1/positions/sending")).json()["incidents"] == []


async def ended(database: Database, scene: Scene, incident: Incident) -> None:
    """Contained by the leader, closed by the manager."""
    async with database.session(site_id=scene.site.id) as session:
        await contain(session, scene.leader, incident.id, Said("阀门已关"))
    async with database.session(site_id=scene.site.id) as session:
        await close(session, scene.manager, incident.id, Ending(losses="无"), Said())


async def test_a_batch_that_is_sent_twice_is_kept_once_at_its_own_moments(
    app: FastAPI, database: Database, placed: Scene
) -> None:
    await agreed(database, placed.worker)
    incident = await broke_out(database, placed)
    fast = timedelta(hours=3)
    sent = [fix(600), fix(400, 60), fix(200, 120)]
    for one in sent:
        one["at"] = (datetime.fromisoformat(one["at"]) + fast).isoformat()
    body = {"device_now": (now() + fast).isoformat(), "fixes": sent}
    async with browsing(app, placed.worker) as phone:
        answers = [(await phone.post("/api/v1/positions", json=body)).json() for _ in range(2)]
    assert answers == [{"kept": 3, "goes_on": True}] * 2
    rows = await kept(database, incident.id)
    ages = [round((now() - row.at).total_seconds(), -1) for row in rows]
    assert ages == [600, 400, 200], "a phone's clock that is three hours fast changes nothing"


async def test_off_the_site_only_that_is_kept_and_without_a_known_ground_nothing(
    app: FastAPI, database: Database, scene: Scene, placed: Scene
) -> None:
    await agreed(database, placed.worker)
    incident = await broke_out(database, placed)
    async with browsing(app, placed.worker) as phone:
        assert (await send(phone, fix(20), fix(5, 2000))).json()["kept"] == 2
        on, off = await kept(database, incident.id)
        assert on.on_site and on.lat is not None
        assert not off.on_site and (off.lat, off.lon, off.accuracy_m) == (None, None, None)
    async with browsing(app, placed.leader) as leader:
        assert "不在厂区" in text_of((await leader.get(f"/incidents/{incident.id}/positions")).text)
    async with database.session() as session:
        await session.execute(text("DELETE FROM place_fence WHERE site_id = :site"), {"site": scene.site.id})
        await set_rule(session, placed.officer, Rule(keep_days=30))
    async with browsing(app, placed.worker) as phone:
        assert (await send(phone, fix())).status_code == 409
        assert not (await phone.get("/api/v1/positions/sending")).json()["ground_known"]


async def test_the_best_knowledge_of_each_is_shown_with_its_source_and_age_and_looking_is_noted(
    app: FastAPI, database: Database, placed: Scene
) -> None:
    await agreed(database, placed.worker)
    incident = await broke_out(database, placed)
    async with browsing(app, placed.worker) as phone:
        await send(phone, fix(60, 80))
    async with browsing(app, placed.leader) as leader:
        page = (await leader.get(f"/incidents/{incident.id}/positions")).text
        words = text_of(page)
        assert placed.worker.name in words and "按手机定位" in words and "±8 m" in words
        assert "距事发处约 80 米" in words, "a position 80 m north of the reactor"
        assert 'class="who is-gps"' in page and "sketch" in page, "no plan can be laid by one place: a sketch"
        assert "data-ago" in page and "按分工" in words
        programs = (await leader.get(f"/api/v1/incidents/{incident.id}/positions")).json()
    one = next(one for one in programs if one["person_id"] == placed.worker.person_id)
    assert (one["source"], one["fresh"], round(one["away_m"], -1)) == ("gps", True, 80)
    assert 55 < one["age_s"] < 90
    assert await audited(database, placed.leader, "incident.positions_seen", incident.id) == 1, (
        "two looks at once are one"
    )
    async with database.session() as session:
        newer = CheckIn(site_id=placed.site.id, person_id=placed.worker.person_id, equipment_id=placed.pump.id)
        newer.at, newer.proof = now() - timedelta(seconds=10), "label"
        await made(session, newer)
    async with browsing(app, placed.leader) as leader:
        programs = (await leader.get(f"/api/v1/incidents/{incident.id}/positions")).json()
    one = next(one for one in programs if one["person_id"] == placed.worker.person_id)
    assert (one["source"], one["equipment_id"]) == ("label", placed.pump.id), "a newer scan says more"


async def test_a_worker_sees_their_own_team_and_nobody_else(app: FastAPI, database: Database, placed: Scene) -> None:
    await agreed(database, placed.worker, placed.rival)
    incident = await broke_out(database, placed)
    async with database.session(site_id=placed.site.id) as session:
        order = Order([placed.area.id])
        await order_evacuation(session, placed.leader, incident.id, order, Said())
        await say_safe(session, placed.stranger, await _evacuation(session, incident.id), Said())
    async with browsing(app, placed.worker) as phone:
        await send(phone, fix())
        mine = {one["person_id"] for one in (await phone.get(f"/api/v1/incidents/{incident.id}/positions")).json()}
    async with browsing(app, placed.stranger) as other:
        theirs = (await other.get(f"/api/v1/incidents/{incident.id}/positions")).json()
    async with browsing(app, placed.manager) as manager:
        everybody = (await manager.get(f"/api/v1/incidents/{incident.id}/positions")).json()
    assert placed.worker.person_id in mine and placed.stranger.person_id not in mine
    assert placed.worker.person_id not in {one["person_id"] for one in theirs}
    assert {placed.worker.person_id, placed.stranger.person_id} <= {one["person_id"] for one in everybody}
    assert await audited(database, placed.stranger, "incident.positions_seen", incident.id) == 0, "they saw none"


async def _evacuation(session: Any, incident_id: int) -> int:
    found = await session.execute(
        text("SELECT id FROM incident_evacuation WHERE incident_id = :id"), {"id": incident_id}
    )
    return int(found.scalar_one())


async def test_it_is_played_back_with_people_roll_call_and_scope_at_each_moment(
    app: FastAPI, database: Database, placed: Scene
) -> None:
    await agreed(database, placed.worker)
    incident = await broke_out(database, placed, minutes_ago=20)
    async with browsing(app, placed.worker) as phone:
        await send(phone, fix(900), fix(600, 100), fix(300, 200))
    async with database.session(site_id=placed.site.id) as session:
        await order_evacuation(session, placed.leader, incident.id, Order([placed.area.id]), Said())
    async with database.session(site_id=placed.site.id) as session:
        evacuation_id = await _evacuation(session, incident.id)
        await say_safe(session, placed.worker, evacuation_id, Said())
    async with database.session(site_id=placed.site.id) as session:
        await end_evacuation(session, placed.leader, evacuation_id, Said("其他人不在厂里"))
    await ended(database, placed, incident)
    async with browsing(app, placed.leader) as leader:
        told = (await leader.get(f"/api/v1/incidents/{incident.id}/positions/replay")).json()
        page = (await leader.get(f"/incidents/{incident.id}/positions/replay")).text
        fragment = (await leader.get(f"/incidents/{incident.id}/positions/replay", headers={"HX-Request": "true"})).text
        end = (await leader.get(f"/incidents/{incident.id}/positions")).text
    [track] = [one for one in told["people"] if one["person_id"] == placed.worker.person_id]
    assert [one["source"] for one in track["changes"]] == ["assigned", "gps", "gps", "gps"]
    norths = [round((one["lat"] - GATE[0]) * DEGREE_M) for one in track["changes"][1:]]
    assert norths == pytest.approx([0, 100, 200], abs=2)
    moments = [datetime.fromisoformat(told["frames"][one["frame"]]) for one in track["changes"][1:]]
    assert all(timedelta() <= at - seen < timedelta(seconds=11) for at, seen in zip(moments, _seen(track), strict=True))
    assert (told["rolls"][-1]["safe"], told["rolls"][-1]["going"]) == (1, False)
    assert 'type="range"' in page and "position-replay" in page and "数据表" in page
    assert "<!DOCTYPE" in page and "<!DOCTYPE" not in fragment
    assert "结束时的人员位置" in end and 'hx-trigger="load"' in end


def _seen(track: dict[str, Any]) -> list[datetime]:
    return [datetime.fromisoformat(one["at"]) for one in track["changes"][1:]]


async def test_positions_are_deleted_in_time_once_and_the_replay_says_so(
    app: FastAPI, database: Database, placed: Scene
) -> None:
    await agreed(database, placed.worker)
    incident = await broke_out(database, placed)
    async with browsing(app, placed.worker) as phone:
        await send(phone, fix(120), fix(60, 50))
    await ended(database, placed, incident)
    async with database.session() as session:
        await set_rule(session, placed.officer, read_rule(keep_days="7", lat="31.23", lon="121.47", radius_m="400"))
    for days, left in ((6, 2), (8, 0), (9, 0)):
        async with database.session() as session:
            await forget_incident_positions(session, now() + timedelta(days=days))
        assert len(await kept(database, incident.id)) == left
    async with database.session() as session:
        erased = select(PositionErasure).where(col(PositionErasure.incident_id) == incident.id)
        [row] = (await session.scalars(erased)).all()
    assert (row.why, row.positions, row.people) == ("in_time", 2, 1)
    async with database.session() as session:
        noted = select(AuditEntry).where(
            col(AuditEntry.action) == "incident.positions_erased", col(AuditEntry.object_id) == incident.id
        )
        [entry] = (await session.scalars(noted)).all()
    assert entry.actor_id is None and entry.change == {"positions": [2, 0]}
    async with browsing(app, placed.leader) as leader:
        for path in ("positions", "positions/replay"):
            assert "手机位置已按保存期限删除" in (await leader.get(f"/incidents/{incident.id}/{path}")).text


async def test_the_site_s_rule_is_read_and_changed_in_versions_and_a_wrong_one_keeps_what_was_typed(
    app: FastAPI, scene: Scene
) -> None:
    async with browsing(app, scene.officer) as browser:
        wrong = {"keep_days": "0", "lat": "31.2", "lon": "121.4", "radius_m": ""}
        refused = await browser.post("/incidents/policy/positions", data=wrong)
        assert refused.status_code == 422 and 'value="31.2"' in refused.text and "1 到 365" in refused.text
        await browser.post("/incidents/policy/positions", data={**wrong, "keep_days": "14", "radius_m": "300"})
        page = (await browser.get("/incidents/policy/positions")).text
        assert 'value="14"' in page and "第 1 版" in text_of(page)
    async with browsing(app, scene.leader) as browser:
        assert (await browser.get("/incidents/policy/positions")).status_code == 403


async def test_the_label_of_the_assembly_point_says_where_somebody_is(
    app: FastAPI, database: Database, placed: Scene
) -> None:
    incident = await broke_out(database, placed)
    token = await muster_label(database, placed)
    async with database.session(site_id=placed.site.id) as session:
        await order_evacuation(session, placed.leader, incident.id, Order([placed.area.id]), Said())
    async with database.session(site_id=placed.site.id) as session:
        await say_safe(session, placed.worker, await _evacuation(session, incident.id), Said(), label=token)
    async with browsing(app, placed.leader) as leader:
        told = (await leader.get(f"/api/v1/incidents/{incident.id}/positions")).json()
    one = next(one for one in told if one["person_id"] == placed.worker.person_id)
    assert (one["source"], one["area_id"], one["fresh"]) == ("roll", placed.area.id, True)


async def muster_label(database: Database, scene: Scene) -> str:
    """Token of a label of the area, where people gather."""
    async with database.session(site_id=scene.site.id) as session:
        await make_labels(session, scene.admin, await things_named(session, scene.admin, [(Kind.AREA, scene.area.id)]))
        label = await live_label(session, scene.admin, Kind.AREA, scene.area.id)
        assert label is not None
        return token_of(label.token_name, label_key())


async def test_the_page_of_the_incident_shows_the_first_lines_and_asks_who_has_not_agreed(
    app: FastAPI, database: Database, placed: Scene
) -> None:
    incident = await broke_out(database, placed)
    async with browsing(app, placed.worker) as phone:
        assert f'hx-get="/incidents/{incident.id}/positions"' in (await phone.get(f"/incidents/{incident.id}")).text
        part = await phone.get(f"/incidents/{incident.id}/positions", headers={"HX-Request": "true"})
        assert "让指挥知道我在哪里" in part.text and "<!DOCTYPE" not in part.text
        async with database.session(site_id=placed.site.id) as session:
            await agree(session, placed.worker, CONSENT_VERSION)
        part = await phone.get(f"/incidents/{incident.id}/positions", headers={"HX-Request": "true"})
        assert "让指挥知道我在哪里" not in part.text
