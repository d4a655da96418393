"""The accident type of an incident: told by who leads it, suggested, never stored unless a person sends it."""

import re
from datetime import datetime
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import col

from backend.core.database import Database
from backend.core.errors import Conflict, Forbidden, Invalid
from backend.core.jobs import Job
from backend.identity.models import AuditEntry
from backend.incidents import commands
from backend.incidents.commands import Ending, Setting
from backend.incidents.models import Incident
from backend.incidents.recording import Said
from backend.incidents.review.making import review_incident, watch_reviews
from backend.incidents.review.models import REVIEW_JOB
from backend.risks.models import HazardSource, RiskPoint
from tests.factories import made, unique
from tests.incidents.past import happened
from tests.incidents.scene import Scene, events_of, incidents, log_of, tapped
from tests.incidents.test_commands import do
from tests.incidents.test_history import SHANGHAI, numbers
from tests.incidents.test_pages import browsing, step, text_of


def chosen(page: str, form: str) -> str:
    """What is selected in the form's field."""
    part = re.search(rf'<form[^>]* id="{form}".*?</form>', page, re.DOTALL)
    assert part, form
    field = re.search(r'<select[^>]* name="accident".*?</select>', part[0], re.DOTALL)
    assert field, form
    found = re.search(r'<option value="(\w+)" selected', field[0])
    return found[1] if found else ""


async def closed(database: Database, scene: Scene, accident: str | None = None, **tap: Any) -> Incident:
    """Reported, contained and closed."""
    one = await tapped(database, scene.worker, scene, **tap)
    await do(database, scene.leader, commands.contain, one.id, Said())
    return await do(database, scene.manager, commands.close, one.id, Ending(accident=accident), Said())


async def test_told_when_it_is_corrected_or_closed_it_stands_in_log_and_audit(database: Database, scene: Scene) -> None:
    one = await tapped(database, scene.worker, scene)
    setting = Setting("gas_leak", "running", "major", "poisoning")
    await do(database, scene.leader, commands.set_facts, one.id, setting, Said("有人头晕"))
    await do(database, scene.leader, commands.set_facts, one.id, Setting("gas_leak", "stop", "major"), Said())
    [one] = await incidents(database, scene)
    assert one.accident == "poisoning", "who doesn't send it leaves it as it is"
    await do(database, scene.leader, commands.contain, one.id, Said())
    await do(database, scene.manager, commands.close, one.id, Ending(accident="leak"), Said())
    changes = [line.change.get("accident") for line in await log_of(database, one.id)]
    assert changes == [None, ["", "poisoning"], None, None, ["poisoning", "leak"]]
    async with database.session() as session:
        audited = select(AuditEntry.change).where(col(AuditEntry.object_id) == one.id).order_by(col(AuditEntry.id))
        audit = [change.get("accident") for change in await session.scalars(audited)]
    assert [change for change in audit if change] == [["", "poisoning"], ["poisoning", "leak"]]


async def test_the_audit_says_the_type_in_words(app: FastAPI, database: Database, scene: Scene) -> None:
    one = await tapped(database, scene.worker, scene)
    setting = Setting("gas_leak", "running", "major", "poisoning")
    await do(database, scene.leader, commands.set_facts, one.id, setting, Said())
    async with browsing(app, scene.admin) as admin:
        page = text_of((await admin.get("/audit")).text)
    assert "事故类型" in page and "中毒" in page and "poisoning" not in page


async def test_after_its_end_it_can_still_be_told_but_not_of_what_was_none(database: Database, scene: Scene) -> None:
    one = await closed(database, scene)
    await do(database, scene.leader, commands.classify, one.id, "leak", Said("事后认定"))
    [stored] = await incidents(database, scene)
    assert (stored.accident, stored.state, stored.version) == ("leak", "closed", one.version + 1)
    [*_, last] = await log_of(database, one.id)
    assert (last.kind, last.words, last.change) == ("classified", "事后认定", {"accident": ["", "leak"]})
    told = (await events_of(database, one.id))[-1]
    assert (told.kind, told.data["told"]) == ("incident.classified", []), "nobody is woken for it"
    with pytest.raises(Invalid) as refused:
        await do(database, scene.leader, commands.classify, one.id, "x", Said())
    assert set(refused.value.fields) == {"accident"}
    with pytest.raises(Forbidden):
        await do(database, scene.worker, commands.classify, one.id, "fire", Said())
    none = await tapped(database, scene.worker, scene, apart=True)
    await do(database, scene.leader, commands.call_off, none.id, Said("演练"))
    with pytest.raises(Conflict):
        await do(database, scene.leader, commands.classify, none.id, "fire", Said())


async def test_the_kind_suggests_it_and_only_what_is_sent_is_stored(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    one = await tapped(database, scene.worker, scene, kind="fire")
    await do(database, scene.leader, commands.contain, one.id, Said())
    async with browsing(app, scene.manager) as manager:
        page = (await manager.get(f"/incidents/{one.id}")).text
        assert chosen(page, "close") == "fire" and "建议“火灾”：按事件类型，请核对" in page
        assert chosen(page, "facts") == "none", "who corrects the level doesn't tell a type by the way"
        [stored] = await incidents(database, scene)
        assert stored.accident == ""
        wrong = await step(manager, one.id, "close", injured="两个", accident="burn")
        assert wrong.status_code == 422 and chosen(wrong.text, "close") == "burn"
        nonsense = await step(manager, one.id, "close", accident="x")
        assert nonsense.status_code == 422 and "请选择事故类型" in nonsense.text
        assert (await step(manager, one.id, "close", accident="none")).status_code == 303
        ended = (await manager.get(f"/incidents/{one.id}")).text
        assert "没有填写" in text_of(ended) and chosen(ended, "accident") == "fire"
        assert (await step(manager, one.id, "accident", accident="burn")).status_code == 303
        told = (await manager.get(f"/incidents/{one.id}")).text
    [stored] = await incidents(database, scene)
    assert stored.accident == "burn"
    assert "灼烫" in told and "建议“" not in told and "写明了事故类型" in told


async def test_of_a_near_miss_the_risk_points_of_its_equipment_suggest_what_might_have_been(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    async with database.session() as session:
        row = {"code": unique("R-"), "name": "釜", "kind": "equipment", "control": "team", "origin": "hand"}
        point = await made(session, RiskPoint(site_id=scene.site.id, equipment_id=scene.reactor.id, **row))
        for number, accidents in enumerate((["vessel_explosion", "fire"], ["vessel_explosion"], ["burn"])):
            of = {"site_id": scene.site.id, "risk_point_id": point.id}
            await made(session, HazardSource(**of, name=f"源{number}", accidents=accidents))
    one = await closed(database, scene, kind="near_miss")
    async with browsing(app, scene.leader) as leader:
        page = (await leader.get(f"/incidents/{one.id}")).text
    assert chosen(page, "accident") == "vessel_explosion" and "可能导致的事故类型" in page
    assert "这台设备的风险点 3 个危险源中 2 个会造成它" in page
    async with browsing(app, scene.worker) as worker:
        assert 'name="accident"' not in (await worker.get(f"/incidents/{one.id}")).text


async def test_the_report_says_it_and_is_written_anew_when_it_is_told_later(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    one = await closed(database, scene)
    async with database.session() as session:
        await watch_reviews(session)
        await review_incident(session, one.id)
    path = f"/api/v1/incidents/{one.id}/review"
    async with browsing(app, scene.manager) as manager:
        before = text_of((await manager.get(f"/incidents/{one.id}/review")).text)
        sent = await manager.post(f"/api/v1/incidents/{one.id}/accident", data={"accident": "leak"})
        assert sent.status_code == 200
        async with database.session() as session:
            await watch_reviews(session)
            wanted = select(Job).where(col(Job.kind) == REVIEW_JOB, col(Job.dedupe_key) == f"{one.id}:traced")
            assert (await session.scalars(wanted)).one().payload["incident_id"] == one.id
            await review_incident(session, one.id, traced=True)
        after = text_of((await manager.get(f"/incidents/{one.id}/review")).text)
        content = (await manager.get(path)).json()
        shown = (await manager.get(f"/api/v1/incidents/{one.id}")).json()
    assert "事故类型 没有填写" in before and "事故类型 泄漏" in after
    assert content["version"] == 2 and content["content"]["accident"]["type"] == "leak"
    assert shown["accident"] == "leak"


async def test_the_history_is_narrowed_to_a_type_and_to_those_not_told(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    began = datetime(2026, 9, 2, 9, 30, tzinfo=SHANGHAI)
    async with database.session() as session:
        fire = await happened(session, scene, began, accident="fire")
        silent = await happened(session, scene, began)
    query = "from=2026-09-01&to=2026-09-30"
    assert await numbers(app, scene.leader, f"{query}&accident=fire") == {fire.number}
    assert await numbers(app, scene.leader, f"{query}&accident=none") == {silent.number}
    async with browsing(app, scene.leader) as leader:
        page = text_of((await leader.get(f"/incidents/history/rows?{query}&accident=fire")).text)
        untold = text_of((await leader.get(f"/incidents/history/rows?{query}&accident=none")).text)
        table = (await leader.get(f"/incidents/history/export.csv?{query}")).text
    assert "事故类型：火灾" in page and fire.number in page and silent.number not in page
    assert "事故类型：没有写明事故类型" in untold
    assert ",事故类型," in table and ",火灾," in table
