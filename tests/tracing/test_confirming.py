"""A person says which root was right: only who may, only what was offered, and it is on record."""

import pytest
from sqlalchemy import select
from sqlmodel import col

from backend.core.database import Database
from backend.core.errors import Forbidden, Invalid, NotFound
from backend.core.events import Event
from backend.identity.models import AuditEntry, Role
from backend.tracing.commands import confirm_cause
from backend.tracing.models import Trace
from tests.tracing.conftest import Troubled, made_trace, trouble


@pytest.fixture(scope="module")
async def traced(database_url: str) -> tuple[Troubled, Trace]:
    database = Database(database_url)
    found = await trouble(database)
    trace = await made_trace(database, found)
    await database.close()
    return found, trace


async def confirm(
    database: Database, found: Troubled, trace: Trace, node: str, note: str = "", role: Role = Role.LEADER
) -> Trace:
    async with database.session(site_id=found.site.id) as session:
        return await confirm_cause(session, found.actors[role], trace.id, node=node, note=note)


async def test_a_leader_confirms_and_may_correct_and_both_are_audited_and_told(
    database: Database, traced: tuple[Troubled, Trace]
) -> None:
    found, trace = traced
    leader, offered = found.actors[Role.LEADER], trace.result["causes"][0]["node"]
    kept = await confirm(database, found, trace, offered, "  阀门已现场确认 ")
    assert (kept.confirmed_node, kept.confirmation_note) == (offered, "阀门已现场确认")
    assert kept.confirmed_by == leader.person_id and kept.confirmed_at is not None
    await confirm(database, found, trace, "other", "上游管网停气")
    async with database.session() as session:
        wanted = select(AuditEntry).where(col(AuditEntry.site_id) == found.site.id)
        entries = (await session.scalars(wanted.order_by(col(AuditEntry.id)))).all()
        events = (await session.scalars(select(Event).where(col(Event.kind) == "trace.confirmed"))).all()
    changes = [e.change["confirmed_node"] for e in entries if (e.action, e.object_id) == ("trace.confirm", trace.id)]
    assert changes == [["", offered], [offered, "other"]]
    assert [(e.actor_id, e.story) for e in events] == [(leader.person_id, f"alarm:{found.alarm_id}")] * 2


@pytest.mark.parametrize(("node", "field"), [("point:0", "node"), ("", "node"), ("other", "note")])
async def test_a_cause_that_was_not_offered_or_another_without_a_word_is_refused(
    database: Database, traced: tuple[Troubled, Trace], node: str, field: str
) -> None:
    found, trace = traced
    with pytest.raises(Invalid) as refused:
        await confirm(database, found, trace, node, "  ")
    assert list(refused.value.fields) == [field]


async def test_a_worker_may_not_confirm(database: Database, traced: tuple[Troubled, Trace]) -> None:
    found, trace = traced
    with pytest.raises(Forbidden):
        await confirm(database, found, trace, trace.result["causes"][0]["node"], role=Role.WORKER)


async def test_another_site_s_trace_is_not_found(database: Database, traced: tuple[Troubled, Trace]) -> None:
    _, trace = traced
    stranger = await trouble(database)
    with pytest.raises(NotFound):
        await confirm(database, stranger, trace, trace.result["causes"][0]["node"])
