"""The end of a review meeting: what it needs, its decisions as rectifications, and that nothing of it changes then."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.core.errors import Conflict, Invalid
from backend.hazards.commands import start
from backend.hazards.models import Rectification
from backend.hazards.recording import Sent
from backend.identity.actor import Actor
from backend.incidents.meeting.commands import (
    Draft,
    Verdict,
    call_off,
    close,
    confirm,
    decide,
    drop,
    tick,
    write_minutes,
)
from backend.incidents.meeting.models import Meeting
from backend.incidents.models import Incident
from tests.incidents.meeting_scene import causes, convened, opened, seen, traced
from tests.incidents.scene import Scene, events_of
from tests.incidents.test_commands import do


def draft(owner: Actor, words: str = "泵密封改双端面", days: int = 7) -> Draft:
    return Draft(words, "engineering", owner.person_id, now().date() + timedelta(days=days))


async def held(database: Database, scene: Scene, incident: Incident) -> None:
    """Opened, the leader present, the pump confirmed: what an end needs."""
    await opened(database, scene, incident, [(scene.worker, causes(scene)[0])])
    await do(database, scene.leader, tick, incident.id, scene.leader.person_id, True)
    await do(database, scene.leader, confirm, incident.id, Verdict(causes(scene)[0], "", "拆开看到裂口"))


async def test_the_end_makes_each_decision_its_owner_s_rectification_and_shows_its_state_from_then_on(
    database: Database, scene: Scene
) -> None:
    incident = await traced(database, scene)
    await held(database, scene, incident)
    for words, owner in (("泵密封改双端面", scene.worker), ("修订开车规程", scene.rival)):
        await do(database, scene.leader, decide, incident.id, draft(owner, words), words)
        await do(database, scene.leader, decide, incident.id, draft(owner, words), words)
    dropped = await do(database, scene.leader, decide, incident.id, draft(scene.worker, "多此一举"))
    await do(database, scene.leader, drop, incident.id, dropped.id)
    for _ in range(2):
        await do(database, scene.leader, close, incident.id, "大家同意", None, "end")
    async with database.session() as session:
        wanted = (
            select(Rectification).where(col(Rectification.site_id) == scene.site.id).order_by(col(Rectification.id))
        )
        first, second = (await session.scalars(wanted)).all()
    assert (first.measure, first.owner_id) == ("泵密封改双端面", scene.worker.person_id)
    assert (first.level, first.equipment_id, first.cause) == (incident.level, incident.equipment_id, scene.pump.name)
    assert second.owner_id == scene.rival.person_id
    due = first.deadline.astimezone(scene.leader.zone)
    assert (due.date(), due.hour) == (now().date() + timedelta(days=7), 23)
    await do(database, scene.worker, start, first.id, Sent())
    discussed = (await seen(database, scene.worker, incident)).discussed
    assert discussed
    states = [one.rectification.state if one.rectification else "" for one in discussed.decisions]
    assert states == ["in_progress", ""], "a worker sees the state of their own team's"
    assert (await events_of(database, incident.id))[-1].kind == "incident.meeting_closed"


async def test_the_end_needs_somebody_present_a_cause_or_why_none_and_decisions_that_can_be_opened(
    database: Database, scene: Scene
) -> None:
    incident = await traced(database, scene)
    await opened(database, scene, incident, [(scene.worker, causes(scene)[0])])
    with pytest.raises(Invalid) as refused:
        await do(database, scene.leader, close, incident.id, "")
    assert set(refused.value.fields) == {"present", "cause"}
    await do(database, scene.leader, tick, incident.id, scene.worker.person_id, True)
    await do(database, scene.leader, confirm, incident.id, Verdict("none", "", "等检测报告"))
    await do(database, scene.leader, decide, incident.id, draft(scene.worker, "先做的"))
    late = await do(database, scene.leader, decide, incident.id, draft(scene.worker, "过期的"))
    async with database.session() as session:
        yesterday = {"day": date(2020, 1, 1), "id": late.id}
        await session.execute(text("UPDATE incident_meeting_decision SET due_on = :day WHERE id = :id"), yesterday)
    with pytest.raises(Invalid) as refused:
        await do(database, scene.leader, close, incident.id, "")
    assert set(refused.value.fields) == {"decisions"} and refused.value.values == {"title": "过期的"}
    async with database.session() as session:
        opened_any = select(Rectification).where(col(Rectification.site_id) == scene.site.id)
        assert (await session.scalars(opened_any)).first() is None, "all or none"
    assert (await seen(database, scene.leader, incident)).state == "opened"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE incident_meeting SET minutes = 'x' WHERE id = :id",
        "DELETE FROM incident_meeting_attendee WHERE meeting_id = :id",
        "UPDATE incident_meeting_decision SET words = 'x' WHERE meeting_id = :id",
        "INSERT INTO incident_meeting_choice(site_id, meeting_id, person_id, cause, words, saw_ranking, at) "
        "SELECT site_id, id, led_by, 'x', '', false, now() FROM incident_meeting WHERE id = :id",
    ],
)
async def test_nothing_of_a_closed_meeting_changes_and_a_further_one_can_be_held(
    database: Database, scene: Scene, change: str
) -> None:
    incident = await traced(database, scene)
    await held(database, scene, incident)
    await do(database, scene.leader, decide, incident.id, draft(scene.worker))
    ended = await do(database, scene.leader, close, incident.id, "")
    steps: list[tuple[Any, ...]] = [(write_minutes, "x", None), (tick, scene.worker.person_id, False), (call_off, "x")]
    for command, *arguments in steps:
        with pytest.raises(Conflict):
            await do(database, scene.leader, command, incident.id, *arguments)
    with pytest.raises(DBAPIError):
        async with database.session() as session:
            await session.execute(text(change), {"id": ended.id})
    again = await convened(database, scene, incident)
    assert again.number == 2
    async with database.session() as session:
        assert (await session.get_one(Meeting, ended.id)).state == "closed"
