"""A plant where much has happened: ids of what its pages show."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import select, text
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.hazards.reports.commands import ReportDraft, report_hazard
from backend.identity.models import Person
from backend.incidents.commands import Tap, classify, log_disposal, put_in_charge, report_incident
from backend.incidents.recording import Said
from backend.incidents.response.commands import Order, order_evacuation
from backend.lessons.models import Suggestion, SuggestionSource
from backend.tracing.checks.asking import ask_check
from backend.tracing.commands import confirm_cause
from backend.tracing.models import Trace
from backend.tracing.versions.models import TraceModel
from tests.browser.adoption import said_and_used
from tests.browser.alarm_load import tried_rules
from tests.browser.cleaning import suspected
from tests.browser.duties import appealed
from tests.browser.meeting import make_meeting
from tests.browser.refused import refused_and_taken_in
from tests.channels.marked import make_marked_channel
from tests.factories import actor_for, made


async def ids_of(database_url: str) -> dict[str, int]:
    """Ids of what the pages show; waits until there is an alarm with its trace."""
    database = Database(database_url)
    found: dict[str, int | None] = {"trace": None}
    while None in found.values():
        await asyncio.sleep(0.5)
        async with database.session() as session:
            found = dict((await session.execute(text(_IDS))).mappings().one())
    found["report"] = await _reported(database, found["equipment"])
    found["model"] = await _taught(database, found["trace"] or 0)
    found["check"] = await _sent_to_look(database, found["trace"] or 0)
    found["incident"] = await _broke_out(database, found["alarm"])
    found |= await _suggested(database, found)
    found["met"] = await _met_about(database)
    found |= await appealed(database, "worker1")
    found |= await said_and_used(database)
    found |= await suspected(database)
    found |= await tried_rules(database, found["rule"] or 0)
    found["retake"] = await refused_and_taken_in(database)
    found["channel"] = await _told_outside(database)
    await database.close()
    return {name: id_ for name, id_ in found.items() if id_ is not None}


async def _reported(database: Database, equipment_id: int | None) -> int:
    """A report of worker1 that waits for a decision."""
    async with database.session() as session:
        worker = (await session.scalars(select(Person).where(col(Person.account) == "worker1"))).one()
        draft = ReportDraft(
            details="护栏松动，一推就晃", equipment_id=equipment_id, idempotency_key="pictures-of-pages"
        )
        return (await report_hazard(session, await actor_for(session, worker), draft)).id


async def _told_outside(database: Database) -> int:
    """A channel that was paused after its key turned out to be wrong."""
    async with database.session() as session:
        site = await session.scalar(text("SELECT site_id FROM person WHERE account = 'admin'"))
        made_ = await make_marked_channel(session, int(site or 0), "93000 invalid webhook url", "Night shift group")
        await session.execute(
            text(
                "UPDATE channel SET paused_at = now(), paused_by = 'failures', failures = 5, refusals = 5, "
                "last_failed_at = now(), last_reason = 'wrong_key' WHERE id = :id"
            ),
            {"id": made_["channel_id"]},
        )
        return made_["channel_id"]


async def _taught(database: Database, trace_id: int) -> int:
    """The version of the trace model that learned from the trace, whose first cause its leader confirms."""
    async with database.session() as session:
        leader = (await session.scalars(select(Person).where(col(Person.account) == "leader1"))).one()
        node = (await session.get_one(Trace, trace_id)).result["causes"][0]["node"]
        await confirm_cause(session, await actor_for(session, leader), trace_id, node=node)
        return (await session.scalars(select(TraceModel.id).where(col(TraceModel.active)))).one()


async def _sent_to_look(database: Database, trace_id: int) -> int:
    """A look on site that leader1 asked for."""
    async with database.session() as session:
        leader = (await session.scalars(select(Person).where(col(Person.account) == "leader1"))).one()
        made = await session.get_one(Trace, trace_id)
        node = made.result["causes"][0]["node"]
        return (await ask_check(session, await actor_for(session, leader), trace_id, node=node)).id


async def _broke_out(database: Database, alarm_id: int | None) -> int:
    """An incident that worker1 reported from the alarm and leader1 leads, with a line of its log and an evacuation."""
    async with database.session() as session:
        people = await session.scalars(select(Person).where(col(Person.account).in_(["worker1", "leader1"])))
        actors = {person.account: await actor_for(session, person) for person in people}
        tap = Tap(kind="equipment_failure", alarm_id=alarm_id, said=Said("阀门卡住了", idempotency_key="pages"))
        incident = await report_incident(session, actors["worker1"], tap)
        said = Said("已切到旁路", idempotency_key="pages-isolate")
        await log_disposal(session, actors["worker1"], incident.id, "isolate", said)
        lead = Said("先断进料", idempotency_key="pages-lead")
        await put_in_charge(session, actors["leader1"], incident.id, None, lead)
        told = Said(idempotency_key="pages-type")
        await classify(session, actors["leader1"], incident.id, "leak", told)
        order = Order([incident.area_id or 0], visitors=2)
        await order_evacuation(
            session, actors["leader1"], incident.id, order, Said("往北门走", idempotency_key="pages-out")
        )
        return incident.id


async def _suggested(database: Database, ids: Mapping[str, int | None]) -> dict[str, int | None]:
    """What the review of the incident asks for: a step that waits for a decision, and a check item that worked."""
    async with database.session() as session:
        officer = (await session.scalars(select(Person).where(col(Person.account) == "safety1"))).one()
        refs, found = [f"incident:{ids['incident']}", f"alarm:{ids['alarm']}"], {}
        for name, kind in (("suggestion", "plan_step"), ("adopted", "check_item")):
            one = Suggestion(site_id=officer.site_id, key=f"pages:{kind}", kind=kind, equipment_id=ids["equipment"])
            one.words, one.words_en, one.refs = "降温泄压：已切到旁路", "Cooled or relieved it: reactor", refs
            one.proposal = {"kind": "gas_leak", "who": "operator", "basis": "SJ-1", "before": 8.2, "after": 5.0}
            one.proposal |= {"point": "反应器压力", "point_en": "Reactor pressure", "unit": "kPa"}
            if name == "adopted":
                one.state, one.landed_kind, one.landed_id = "adopted", "plan", ids["plan"]
                one.decided_at, one.decided_by = now() - timedelta(days=31), officer.id
                counted = {"days": 30, "before": 9, "after": 1, "before_days": 90.0, "elsewhere": [20, 19]}
                judged = {"ratio": 0.3, "verdict": "worked", "bars": [[-30, 4], [-15, 5], [0, 1], [15, 0]]}
                one.effect = [{**counted, **judged, "refs_before": refs, "refs_after": refs[:1]}]
            found[name] = (await made(session, one)).id
            about = {"suggestion_id": one.id, "incident_id": ids["incident"] or 0}
            await made(session, SuggestionSource(site_id=officer.site_id, **about, refs=refs))
        return {**found}


async def _met_about(database: Database) -> int:
    """A closed incident whose meeting leader1 has opened; with what was chosen, whys and a decision."""
    async with database.session() as session:
        people = await session.scalars(select(Person).where(col(Person.account).in_(["leader1", "manager1"])))
        actors = {person.account: await actor_for(session, person) for person in people}
        return await make_meeting(session, actors["leader1"], actors["manager1"])


_IDS = """
SELECT (SELECT max(id) FROM alarm WHERE point_id IS NOT NULL) AS alarm,
       (SELECT max(id) FROM trace WHERE result #> '{causes,0}' IS NOT NULL) AS trace,
       (SELECT max(id) FROM learned_normal) AS normal,
       (SELECT min(id) FROM alarm_rule) AS rule, (SELECT id FROM point WHERE code = 'XMEAS_9') AS point,
       (SELECT id FROM equipment WHERE code = 'REACTOR') AS equipment,
       (SELECT area_id FROM equipment WHERE code = 'REACTOR') AS area,
       (SELECT min(id) FROM floor_plan) AS drawn, (SELECT min(id) FROM link) AS link,
       (SELECT id FROM person WHERE account = 'worker1') AS person,
       (SELECT min(id) FROM course) AS course, (SELECT min(id) FROM inspection_plan) AS plan,
       (SELECT min(id) FROM inspection_visit) AS visit, (SELECT min(id) FROM maintenance_plan) AS upkeep,
       (SELECT min(id) FROM risk_point) AS risk, (SELECT min(id) FROM hazard_source) AS source,
       (SELECT min(id) FROM control_measure) AS measure
"""
