"""People are told up the ladder until one acknowledges; nothing is skipped."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from backend.alarms import escalator
from backend.alarms.commands import acknowledge, clear_alarm, raise_alarm, shelve
from backend.alarms.commands.handling import locked_alarm
from backend.alarms.escalator import escalate_due, escalation_audit, expire_shelving
from backend.alarms.models import EscalationPolicy, Level
from backend.core.clock import now
from backend.core.database import Database
from backend.identity.models import Role, Team
from tests.alarms.setting import Setting, add_person, settle
from tests.alarms.test_commands import breach


class Clock:
    """The escalator's clock, set forward by tests."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> Any:
        return now() + self.ahead

    def forward(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(escalator, "now", clock)
    return clock


async def raised(database: Database, setting: Setting, level: Level = Level.MAJOR) -> int:
    async with database.session() as session:
        return await raise_alarm(session, breach(setting, level=level))


async def escalate(database: Database, setting: Setting) -> list[tuple[str, list[int]]]:
    """What one round tells of this site, as kind and people."""
    async with database.session() as session:
        last = (await session.execute(text("SELECT COALESCE(max(id), 0) FROM event"))).scalar_one()
        await escalate_due(session)
        rows = await session.execute(
            text("SELECT kind, data->'told' AS told FROM event WHERE id > :last AND site_id = :s ORDER BY id"),
            {"last": last, "s": setting.site_id},
        )
        return [(row.kind, row.told) for row in rows]


async def test_leader_manager_and_safety_officer_are_told_in_turn_and_all_again(
    database: Database, setting: Setting, clock: Clock
) -> None:
    await raised(database, setting)
    leader, manager, officer = (setting.people[r] for r in (Role.LEADER, Role.MANAGER, Role.SAFETY_OFFICER))
    assert await escalate(database, setting) == [("alarm.escalated", [leader])]
    assert await escalate(database, setting) == []
    clock.forward(61)
    assert await escalate(database, setting) == [("alarm.escalated", [manager])]
    clock.forward(120)
    assert await escalate(database, setting) == [("alarm.escalated", [officer])]
    clock.forward(121)
    assert await escalate(database, setting) == [("alarm.repeated", [leader, manager, officer])]
    clock.forward(121)
    assert await escalate(database, setting) == [("alarm.repeated", [leader, manager, officer])]


async def test_after_an_acknowledgement_nobody_is_told(database: Database, setting: Setting, clock: Clock) -> None:
    alarm_id = await raised(database, setting)
    await escalate(database, setting)
    async with database.session() as session:
        await acknowledge(session, setting.actor(), alarm_id)
    clock.forward(3600)
    assert await escalate(database, setting) == []


async def test_the_leader_of_the_area_s_own_team_is_told_before_others(database: Database, setting: Setting) -> None:
    async with database.session() as session:
        other = Team(site_id=setting.site_id, code="B", name="乙班")
        session.add(other)
        await session.flush()
        await add_person(session, setting, Role.LEADER, team_id=other.id)
    await raised(database, setting)
    assert await escalate(database, setting) == [("alarm.escalated", [setting.people[Role.LEADER]])]


async def test_where_nobody_can_be_told_it_is_said_and_the_ladder_goes_on(database: Database, clock: Clock) -> None:
    async with database.session() as session:
        setting = await settle(session, roles=[Role.MANAGER])
    await raised(database, setting)
    assert await escalate(database, setting) == [("alarm.nobody_reached", [])]
    clock.forward(61)
    assert await escalate(database, setting) == [("alarm.escalated", [setting.people[Role.MANAGER]])]


async def test_a_site_s_own_policy_is_followed(database: Database, setting: Setting, clock: Clock) -> None:
    async with database.session() as session:
        steps = [{"after_s": 30, "roles": ["admin"]}]
        session.add(EscalationPolicy(site_id=setting.site_id, level=Level.MAJOR, steps=steps, repeat_s=60))
    await raised(database, setting)
    assert await escalate(database, setting) == []
    clock.forward(31)
    assert await escalate(database, setting) == [("alarm.escalated", [setting.people[Role.ADMIN]])]


async def test_two_workers_tell_once(database: Database, setting: Setting) -> None:
    await raised(database, setting)
    async with database.session() as first, database.session() as second:
        assert len(await escalate_due(first)) == 1
        assert await escalate_due(second) == []


async def test_nobody_waits_for_the_telling_to_say_that_a_condition_has_gone_or_that_they_saw_it(
    database: Database, setting: Setting
) -> None:
    alarm_id = await raised(database, setting)
    async with database.session() as telling:
        assert await escalate_due(telling) == [alarm_id]
        async with database.session() as machine:
            await machine.execute(text("SET LOCAL lock_timeout = '2s'"))
            assert await clear_alarm(machine, setting.site_id, breach(setting).condition_key, now())
        async with database.session() as person:
            await person.execute(text("SET LOCAL lock_timeout = '2s'"))
            assert await locked_alarm(person, setting.actor(), alarm_id)


async def test_the_audit_gives_a_forgotten_alarm_its_deadline_back(
    database: Database, setting: Setting, clock: Clock
) -> None:
    alarm_id = await raised(database, setting)
    await escalate(database, setting)
    async with database.session() as session:
        await session.execute(text("DELETE FROM escalation WHERE alarm_id = :id AND done_at IS NULL"), {"id": alarm_id})
    async with database.session() as session:
        assert await escalation_audit(session) == [alarm_id]
    async with database.session() as session:
        assert await escalation_audit(session) == []
    assert await escalate(database, setting) == [("alarm.escalated", [setting.people[Role.MANAGER]])]


async def test_an_alarm_whose_shelving_is_over_calls_from_the_first_rung(
    database: Database, setting: Setting, clock: Clock
) -> None:
    alarm_id = await raised(database, setting)
    await escalate(database, setting)
    async with database.session() as session:
        await shelve(session, setting.actor(), alarm_id, reason="校验", minutes=30)
    async with database.session() as session:
        assert await expire_shelving(session) == []
    clock.forward(1801)
    async with database.session() as session:
        assert await expire_shelving(session) == [alarm_id]
    assert await escalate(database, setting) == [("alarm.escalated", [setting.people[Role.LEADER]])]
