"""Evacuation and roll-call: who is called and why, counted by themselves or by the lead, offline once, for ever."""

import re
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.alarms.models import Level
from backend.checkins.models import CheckIn
from backend.core.clock import now
from backend.core.database import Database
from backend.core.errors import Conflict, Forbidden, Invalid, NotFound
from backend.identity.actor import Actor
from backend.incidents import commands as base
from backend.incidents.models import Incident
from backend.incidents.recording import Said
from backend.incidents.response.commands import (
    Order,
    count_visitors,
    end_evacuation,
    mark_person,
    order_evacuation,
    say_safe,
)
from backend.incidents.response.models import Evacuation
from backend.incidents.response.queries.plans import checklist
from backend.incidents.response.queries.presence import proposed_areas
from backend.incidents.response.queries.rolls import Roll, roll_of
from backend.labels.codes import token_of
from backend.labels.commands import make_labels
from backend.labels.keys import label_key
from backend.labels.queries import Kind, live_label, things_named
from backend.plant.models import Area
from backend.tracing.models import Trace
from backend.tracing.story import nothing_yet
from tests.factories import made, make_area, make_equipment
from tests.incidents.scene import Scene, events_of, log_of, raised, set_scene, tapped
from tests.incidents.test_commands import actions, do
from tests.incidents.test_pages import browsing, text_of


async def roll(database: Database, actor: Actor, incident_id: int) -> Roll:
    async with database.session(site_id=actor.site_id) as session:
        found = await roll_of(session, actor, incident_id)
    assert found is not None
    return found


async def evacuated(
    database: Database, scene: Scene, *, visitors: int = 0, words: str = ""
) -> tuple[Incident, Evacuation]:
    one = await tapped(database, scene.worker, scene)
    order = Order([scene.area.id], visitors=visitors)
    return one, await do(database, scene.leader, order_evacuation, one.id, order, Said(words))


async def another_area(database: Database, scene: Scene) -> Area:
    async with database.session() as session:
        return await make_area(session, scene.site)


def standings(found: Roll) -> dict[int, str]:
    return {one.person.id: str(one.standing) for one in found.called}


async def test_who_may_be_there_is_listed_with_why_and_how_old_and_is_told_loudly(
    database: Database, scene: Scene
) -> None:
    seen_at = now() - timedelta(hours=2)
    async with database.session() as session:
        stranger = {"site_id": scene.site.id, "person_id": scene.stranger.person_id}
        await made(session, CheckIn(**stranger, equipment_id=scene.pump.id, at=seen_at))
        long_ago = {"site_id": scene.site.id, "person_id": scene.rival.person_id, "at": now() - timedelta(hours=9)}
        await made(session, CheckIn(**long_ago, area_id=scene.area.id))
    one, _ = await evacuated(database, scene, words="往北门走")
    found = await roll(database, scene.leader, one.id)
    why = {called.person.id: (called.entry.why, called.entry.seen_at) for called in found.called}
    assert why[scene.stranger.person_id] == ("check_in", seen_at)
    assert why[scene.worker.person_id][0] == "logged", "reported it, which is fresher than being of the team"
    assert why[scene.leader.person_id] == ("team", None)
    assert scene.rival.person_id not in why, "was there before this shift"
    assert found.count.missing == 3
    told = (await events_of(database, one.id))[-1]
    assert told.kind == "incident.evacuating" and "立即疏散" in told.data["title_zh"]
    assert {scene.worker.person_id, scene.stranger.person_id} <= set(told.data["told"])
    line = (await log_of(database, one.id))[-1]
    assert (line.kind, line.words, line.change["about"]["zh"]) == ("evacuating", "往北门走", scene.area.name)


async def test_safe_by_oneself_by_the_lead_and_by_number_is_counted_and_the_newest_mark_counts(
    database: Database, scene: Scene
) -> None:
    one, evacuation = await evacuated(database, scene, visitors=3)
    assert (await roll(database, scene.worker, one.id)).count.missing == 2 + 3
    earlier = now() - timedelta(seconds=30)
    said = Said(captured_at=earlier, idempotency_key="s1")
    for _ in range(2):
        await do(database, scene.worker, say_safe, evacuation.id, said)
    await do(database, scene.rival, say_safe, evacuation.id, Said())
    await do(database, scene.leader, mark_person, evacuation.id, scene.leader.person_id, "absent", Said())
    await do(database, scene.leader, count_visitors, evacuation.id, 4, 3, Said())
    found = await roll(database, scene.worker, one.id)
    assert vars(found.count) == {"missing": 1, "safe": 2 + 3, "absent": 1, "visitors": 4, "visitors_safe": 3}
    own = found.of(scene.worker.person_id)
    assert own and own.mark and own.mark.at == earlier < own.mark.received_at
    rival = found.of(scene.rival.person_id)
    assert rival and rival.entry.why == "itself", "who wasn't listed is counted too"
    await do(database, scene.leader, mark_person, evacuation.id, scene.worker.person_id, "missing", Said())
    assert standings(await roll(database, scene.leader, one.id))[scene.worker.person_id] == "missing"
    assert (await events_of(database, one.id))[-1].data["told"] == [], "pages are made fresh, nobody's phone rings"
    assert [line.kind for line in await log_of(database, one.id)] == ["reported", "evacuating"]


async def test_the_end_says_who_was_missing_till_then_and_a_late_tap_is_kept_beside_it(
    database: Database, scene: Scene
) -> None:
    one, evacuation = await evacuated(database, scene, visitors=1)
    await do(database, scene.leader, say_safe, evacuation.id, Said())
    with pytest.raises(Invalid):
        await do(database, scene.leader, end_evacuation, evacuation.id, Said())
    for _ in range(2):
        await do(database, scene.leader, end_evacuation, evacuation.id, Said("消防队接手搜救"))
    tapped_before = Said(captured_at=now() - timedelta(minutes=3))
    await do(database, scene.worker, say_safe, evacuation.id, tapped_before)
    found = await roll(database, scene.leader, one.id)
    assert found.evacuation.missing_at_end == [scene.worker.person_id]
    assert found.evacuation.visitors_missing_at_end == 1
    assert not found.open and found.late == 1
    assert standings(found)[scene.worker.person_id] == "safe"
    line = (await log_of(database, one.id))[-1]
    assert line.kind == "evacuated" and "访客 1 人" in line.change["about"]["zh"]
    assert await actions(database, scene) == [
        *("incident.report", "incident.evacuate", "incident.count", "incident.end_evacuation", "incident.count")
    ]


async def test_all_out_ends_without_a_word(database: Database, scene: Scene) -> None:
    one, evacuation = await evacuated(database, scene)
    for name in ("worker", "leader"):
        await do(database, scene.people[name], say_safe, evacuation.id, Said())
    await do(database, scene.leader, end_evacuation, evacuation.id, Said())
    assert (await log_of(database, one.id))[-1].change["about"]["en"] == "Everybody accounted for"


async def test_a_second_order_widens_the_first_and_forgets_no_mark(database: Database, scene: Scene) -> None:
    one, evacuation = await evacuated(database, scene)
    await do(database, scene.worker, say_safe, evacuation.id, Said())
    far = await another_area(database, scene)
    wider = await do(database, scene.leader, order_evacuation, one.id, Order([far.id]), Said())
    found = await roll(database, scene.leader, one.id)
    assert wider.id == evacuation.id and found.evacuation.area_ids == [scene.area.id, far.id]
    assert standings(found)[scene.worker.person_id] == "safe"


async def test_the_incidents_own_area_is_proposed_first(database: Database, scene: Scene) -> None:
    await another_area(database, scene)
    one = await tapped(database, scene.worker, scene)
    async with database.session(site_id=scene.site.id) as session:
        found = await proposed_areas(session, scene.leader, one)
    assert [(each.area.id == scene.area.id, each.here) for each in found] == [(True, True), (False, False)]


async def test_what_the_trace_says_it_reaches_is_proposed_and_its_advice_stands_with_the_plan(
    database: Database, scene: Scene
) -> None:
    far = await another_area(database, scene)
    alarm = await raised(database, scene, level=Level.MAJOR)
    one = await tapped(database, scene.leader, scene, alarm_id=alarm)
    async with database.session() as session:
        reached = await make_equipment(session, scene.site, far)
        node = {"node": f"equipment:{reached.id}", "equipment_id": reached.id, "path": []}
        record = {"kind": "maintenance_overdue", "equipment_id": scene.pump.id}
        result = {**nothing_yet(), "scope": [node], "records": [record]}
        span = {"window_from": now() - timedelta(hours=1), "window_to": now()}
        await made(session, Trace(site_id=scene.site.id, group_id=one.group_id, result=result, **span))
    async with database.session(site_id=scene.site.id) as session:
        found = await proposed_areas(session, scene.leader, one)
        listed = await checklist(session, scene.leader, one.id)
    assert [(each.area.id, each.here, each.reached) for each in found] == [
        (scene.area.id, True, False),
        (far.id, False, True),
    ]
    assert [advice.node for advice in listed.trace_advice] == [f"equipment:{scene.pump.id}"]


@pytest.mark.parametrize("how", ["UPDATE {} SET state = 'safe'", "DELETE FROM {}", "TRUNCATE {}"])
async def test_the_database_refuses_to_change_a_mark(database: Database, scene: Scene, how: str) -> None:
    _, evacuation = await evacuated(database, scene)
    await do(database, scene.worker, say_safe, evacuation.id, Said())
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.session() as session:
            await session.execute(text(how.format("incident_roll_mark")))


async def test_nonsense_is_refused_by_field_and_an_incident_that_is_over_needs_no_evacuation(
    database: Database, scene: Scene
) -> None:
    one, evacuation = await evacuated(database, scene)
    here = scene.area.id
    for order, field in (
        (Order([]), "areas"),
        (Order([10**9]), "areas"),
        (Order([here], muster_area_id=here), "muster"),
        (Order([here], visitors=5001), "visitors"),
    ):
        with pytest.raises(Invalid) as refused:
            await do(database, scene.leader, order_evacuation, one.id, order, Said())
        assert list(refused.value.fields) == [field]
    for command, arguments in (
        (mark_person, (scene.worker.person_id, "gone", Said())),
        (mark_person, (10**9, "safe", Said())),
        (count_visitors, (2, 3, Said())),
        (count_visitors, (None, 0, Said())),
    ):
        with pytest.raises(Invalid):
            await do(database, scene.leader, command, evacuation.id, *arguments)
    await do(database, scene.leader, end_evacuation, evacuation.id, Said("演练"))
    await do(database, scene.leader, base.call_off, one.id, Said("演练"))
    with pytest.raises(Conflict):
        await do(database, scene.leader, order_evacuation, one.id, Order([here]), Said())


async def test_workers_only_speak_for_themselves_and_nobody_for_another_site(database: Database, scene: Scene) -> None:
    one, evacuation = await evacuated(database, scene)
    for command, arguments in (
        (order_evacuation, (one.id, Order([scene.area.id]), Said())),
        (mark_person, (evacuation.id, scene.leader.person_id, "safe", Said())),
        (count_visitors, (evacuation.id, 1, 1, Said())),
        (end_evacuation, (evacuation.id, Said("x"))),
    ):
        with pytest.raises(Forbidden):
            await do(database, scene.worker, command, *arguments)
    async with database.session() as session:
        other = await set_scene(session)
    for actor, command, arguments in (
        (other.worker, say_safe, (evacuation.id, Said())),
        (other.leader, end_evacuation, (evacuation.id, Said("x"))),
        (other.leader, order_evacuation, (one.id, Order([other.area.id]), Said())),
    ):
        with pytest.raises(NotFound):
            await do(database, actor, command, *arguments)
    with pytest.raises(Invalid):
        await do(database, scene.leader, order_evacuation, one.id, Order([other.area.id]), Said())
    with pytest.raises(Invalid):
        await do(database, scene.leader, mark_person, evacuation.id, other.worker.person_id, "safe", Said())


def field_of(form: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', form)
    assert found, name
    return found[1]


async def test_the_lead_orders_a_worker_taps_and_the_count_moves_on_the_pages(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    one = await tapped(database, scene.worker, scene)
    path, part = f"/incidents/{one.id}/evacuation", {"HX-Request": "true", "HX-Target": "incident-evacuation"}
    async with browsing(app, scene.worker) as worker, browsing(app, scene.leader) as leader:
        assert f'hx-get="{path}"' in (await worker.get(f"/incidents/{one.id}")).text
        assert (await worker.get(path, headers=part)).text.strip() == "", "nothing to see, nothing to order"
        form = (await leader.get(path)).text
        assert re.search(rf'name="areas" value="{scene.area.id}" checked', form), "where it is, is ticked"
        wrong = await leader.post(path, data={"visitors": "many", "words": "快走"})
        assert wrong.status_code == 422 and "快走" in wrong.text and "请填写 0 到 5000 的整数" in wrong.text
        assert (await leader.post(path, data={"areas": [scene.area.id], "visitors": "2"})).status_code == 303
        shown = (await worker.get(path, headers=part)).text
        assert "我安全了" in shown and "<html" not in shown and f"{path}/marks" not in shown
        data = {"evacuation": field_of(shown, "evacuation"), "idempotency_key": "w1"}
        for _ in range(2):
            assert (await worker.post(f"{path}/safe", data=data)).status_code == 303
        assert "你已报平安" in (await worker.get(path)).text
        counted = text_of((await leader.get(path)).text)
        assert re.search(r"没到 3 安全 1 不在场 0", counted), "the leader and two visitors are still missing"
        visitors = {"evacuation": data["evacuation"], "visitors": "2", "visitors_safe": "2"}
        assert (await leader.post(f"{path}/visitors", data=visitors)).status_code == 303
        assert (await leader.get(path, headers=part)).text.count('class="called ') == 1, "the missing; all on the roll"
        assert (await leader.get(path)).text.count('class="called ') == 2
        marked = {"evacuation": data["evacuation"], "person": scene.leader.person_id, "state": "safe"}
        assert (await leader.post(f"{path}/marks", data=marked)).status_code == 303
        assert (await leader.post(f"{path}/end", data={"evacuation": data["evacuation"]})).status_code == 303
        ended = text_of((await worker.get(path)).text)
        assert "疏散已结束" in ended and "结束时全部到齐" in ended
        assert "全部到齐" in (await worker.get(f"/incidents/{one.id}")).text


async def test_the_label_of_the_assembly_point_counts_and_that_of_a_danger_says_go(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    one, evacuation = await evacuated(database, scene)
    gathering = await another_area(database, scene)
    async with database.session(site_id=scene.site.id) as session:
        await make_labels(session, scene.admin, await things_named(session, scene.admin, [(Kind.AREA, gathering.id)]))
        label = await live_label(session, scene.admin, Kind.AREA, gathering.id)
        assert label is not None
        token = token_of(label.token_name, label_key())
    async with browsing(app, scene.worker) as worker:
        assert "/roll-call" in (await worker.get(f"/areas/{gathering.id}?label={token}")).text
        assert "请立即离开" in (await worker.get(f"/areas/{scene.area.id}/roll-call")).text
        form = (await worker.get(f"/areas/{gathering.id}/roll-call?label={token}")).text
        data = {name: field_of(form, name) for name in ("evacuation", "label")}
        await worker.post(f"/incidents/{one.id}/evacuation/safe", data=data)
        assert "扫了集合点标签" in (await worker.get(f"/incidents/{one.id}/evacuation")).text
    await do(database, scene.leader, say_safe, evacuation.id, Said())
    await do(database, scene.leader, end_evacuation, evacuation.id, Said())
    async with browsing(app, scene.worker) as worker:
        assert (await worker.get(f"/areas/{gathering.id}/roll-call")).text.strip() == ""


async def test_programs_order_count_and_end(app: FastAPI, database: Database, scene: Scene) -> None:
    one = await tapped(database, scene.worker, scene)
    path = f"/api/v1/incidents/{one.id}/evacuation"
    async with browsing(app, scene.leader) as browser:
        assert (await browser.get(path)).status_code == 404
        assert (await browser.post(path, data={"areas": [scene.area.id]})).status_code == 201
        assert (await browser.post(f"{path}/safe")).json()["safe"] == 1
        data = {"person": scene.worker.person_id, "state": "safe"}
        assert (await browser.post(f"{path}/marks", data=data)).json()["missing"] == 0
        assert (await browser.post(f"{path}/end")).json()["ended_at"]
