"""Telemetry and alarms joined as the ingest role joins them: a value on a real broker raises the alarm, once."""

import asyncio
import re
import shlex
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text, update
from sqlmodel import col

from backend.alarms.commands import edit_rule
from backend.alarms.drafts import draft_of
from backend.alarms.judge import AlarmJudge
from backend.alarms.models import AlarmRule, Level, RuleKind
from backend.core.database import Database
from backend.identity.models import Person, Role, Site
from backend.plant.models import Point, PointStatus
from backend.starter.install import install_pack
from backend.starter.pack import PACKS, read_pack
from backend.telemetry import canary
from backend.telemetry.commands import Adoption, adopt, ignore
from backend.telemetry.ingest import RULES_EVERY_S, TICK_S
from tests.factories import actor_for, make_person, make_rule
from tests.liveserver import ROOT
from tests.telemetry.line import Line, eventually, ingesting, lay_line, publish
from tests.telemetry.mosquitto import TestedBroker
from tests.telemetry.test_ingest import ForgetfulLine
from workers.watchdog import Watchdog

MANY = 1000
CONNECTIONS = 20


@pytest.fixture
async def line(database: Database, embedded_broker: TestedBroker) -> Line:
    return await lay_line(database, embedded_broker)


async def watched(line: Line, **fields: object) -> AlarmRule:
    """A rule on P1, H 100 unless told otherwise."""
    async with line.database.session() as session:
        site, point = await session.get_one(Site, line.site_id), await session.get_one(Point, line.point_id)
        values = {"parameters": {"limits": {"H": {"value": 100.0}}}, "deadband": 0.0, **fields}
        return await make_rule(session, site, point, **values)


async def alarms(line: Line) -> list[tuple[str, str]]:
    """Limit and state of the site's alarms."""
    return await line.rows("SELECT limit_name, state FROM alarm WHERE site_id = :site ORDER BY id")  # type: ignore[return-value]


def raised(line: Line) -> Callable[[], Awaitable[list[tuple[str, str]]]]:
    """Asks for the site's alarms."""

    async def look() -> list[tuple[str, str]]:
        return await alarms(line)

    return look


def now() -> str:
    return datetime.now(UTC).isoformat()


async def officer(line: Line) -> Person:
    async with line.database.session() as session:
        return await make_person(session, await session.get_one(Site, line.site_id), Role.SAFETY_OFFICER)


async def test_a_breach_reported_by_a_thousand_concurrent_messages_makes_one_alarm(
    database: Database, broker: TestedBroker
) -> None:
    line = await lay_line(database, broker)
    await watched(line)
    async with ingesting(line):

        async def gateway(number: int) -> None:
            topic = line.topic("point/P1", f"gw{number}")
            await publish(line, [(topic, {"value": 150.0 + number, "at": now()}) for _ in range(MANY // CONNECTIONS)])

        await asyncio.gather(*(gateway(number) for number in range(CONNECTIONS)))
        for number in range(CONNECTIONS):
            await line.received(MANY // CONNECTIONS, f"gw{number}")
    assert await alarms(line) == [("H", "unacknowledged")]
    told = await line.rows("SELECT count(*) FROM event WHERE site_id = :site AND kind = 'alarm.raised'")
    assert told == [(1,)]


async def test_a_redelivered_breach_raises_no_second_alarm(line: Line) -> None:
    await watched(line)
    ingest = ForgetfulLine(line.database, line.shard, AlarmJudge())
    async with ingesting(line, ingest=ingest):
        ingest.lose(1)
        await publish(line, [(line.topic("point/P1"), 150.0), (line.topic("point/P1"), {"value": 150.0, "at": now()})])
        await line.received(3)
    assert ingest.losses == 0
    assert await alarms(line) == [("H", "unacknowledged")]


async def test_a_breach_that_a_gateway_sends_again_raises_no_second_alarm(line: Line) -> None:
    await watched(line)
    breach = [(line.topic("point/P1"), {"value": 150.0, "at": now()})]
    async with ingesting(line):
        await publish(line, breach)
        await eventually(raised(line), "the alarm")
    async with ingesting(line):
        await publish(line, breach * 3)
        await line.received(4)
    assert len(await alarms(line)) == 1


async def test_an_edited_rule_holds_without_a_restart(line: Line) -> None:
    rule, person = await watched(line), await officer(line)
    async with ingesting(line):
        await publish(line, [(line.topic("point/P1"), {"value": 50.0, "at": now()})])
        await line.received(1)
        async with line.database.session() as session:
            draft = draft_of(await session.get_one(AlarmRule, rule.id))
            draft.parameters["limits"]["H"]["value"] = 40.0
            await edit_rule(session, await actor_for(session, person), rule.id, draft, version=rule.version)

        async def breached() -> list[tuple[str, str]]:
            await publish(line, [(line.topic("point/P1"), {"value": 50.0, "at": now()})])
            return await alarms(line)

        assert await eventually(breached, "the alarm by the new limit") == [("H", "unacknowledged")]


async def test_a_rule_edited_behind_the_products_back_is_found_within_five_seconds(line: Line) -> None:
    assert RULES_EVERY_S + TICK_S < 5
    rule = await watched(line)
    async with ingesting(line):
        async with line.database.session() as session:
            changed = {"parameters": {"limits": {"L": {"value": 90.0}}}, "version": 2}
            await session.execute(update(AlarmRule).where(col(AlarmRule.id) == rule.id).values(**changed))

        async def breached() -> list[tuple[str, str]]:
            await publish(line, [(line.topic("point/P1"), {"value": 50.0, "at": now()})])
            return await alarms(line)

        assert await eventually(breached, "the alarm by the new limit") == [("L", "unacknowledged")]


async def test_a_silent_source_raises_an_alarm_and_its_voice_clears_it(line: Line) -> None:
    await watched(line, kind=RuleKind.SILENCE, parameters={"after_s": 2.0})
    async with ingesting(line):
        await publish(line, [(line.topic("point/P1"), {"value": 50.0, "at": now()})])
        await eventually(raised(line), "the alarm over silence")

        async def returned() -> bool:
            await publish(line, [(line.topic("point/P1"), {"value": 50.0, "at": now()})])
            return {state for _, state in await alarms(line)} == {"returned"}

        await eventually(returned, "the alarm to return")


async def test_a_buffer_that_empties_late_raises_nothing(line: Line) -> None:
    await watched(line)
    old = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    async with ingesting(line):
        await publish(line, [(line.topic("point/P1"), {"value": 500.0, "at": old})])
        assert await line.received(1) == (1, 1, 0, 0)
    assert await alarms(line) == []


async def test_a_point_is_watched_once_it_is_adopted_and_refused_once_it_is_ignored(line: Line) -> None:
    person = await officer(line)
    async with ingesting(line):
        await publish(line, [(line.topic("batch"), {"values": {"new": 150.0, "noise": 1.0}})])
        await line.received(2)
        ids = dict(await line.rows("SELECT code, id FROM point WHERE site_id = :site AND status = 'pending'"))
        async with line.database.session() as session:
            actor = await actor_for(session, person)
            point = await adopt(session, actor, ids["new"], Adoption("新测点", unit="kPa"))
            await ignore(session, actor, ids["noise"])
            site = await session.get_one(Site, line.site_id)
            await make_rule(session, site, point, parameters={"limits": {"H": {"value": 100.0}}})

        async def breached() -> list[tuple[str, str]]:
            await publish(line, [(line.topic("batch"), {"at": now(), "values": {"new": 150.0, "noise": 2.0}})])
            return await alarms(line)

        await eventually(breached, "the alarm over the adopted point")
    assert point.status == PointStatus.ACTIVE
    reasons = {(reason, code) for reason, code, _ in await line.refusals()}
    assert ("ignored_point", "noise") in reasons
    assert 150.0 in await line.readings("new")


async def test_the_canary_goes_round_and_its_silence_is_an_alarm(line: Line) -> None:
    watchdog = Watchdog(line.database, line.broker.url)
    try:
        async with ingesting(line):

            async def came_round() -> bool:
                await watchdog.send_canaries()
                await asyncio.sleep(0.05)
                async with line.database.session() as session:
                    return await canary.canary_age(session, line.site_id) is not None

            await eventually(came_round, "the canary")
            await watchdog.look()
            assert await alarms(line) == []
            await _let_time_pass(line, 60)
            await watchdog.look()
            assert [state for _, state in await alarms(line)] == ["unacknowledged"]

            async def cleared() -> bool:
                await watchdog.send_canaries()
                await watchdog.look()
                return [state for _, state in await alarms(line)] == ["returned"]

            await eventually(cleared, "the alarm over the line to return")
    finally:
        await watchdog.close()
    known = await line.rows(
        "SELECT name, status FROM point WHERE site_id = :site AND code = :code", code=canary.CANARY_CODE
    )
    assert known == [(canary.CANARY_NAME, "active")]


async def _let_time_pass(line: Line, seconds: int) -> None:
    async with line.database.session() as session:
        older = text(
            "UPDATE point_state SET received_at = received_at - make_interval(secs => :s) WHERE site_id = :site"
        )
        await session.execute(older, {"s": seconds, "site": line.site_id})


async def test_the_documented_command_of_a_foreign_client_raises_the_demos_alarm(
    database: Database, broker: TestedBroker
) -> None:
    document = (ROOT / "docs" / "mqtt-topics.md").read_text()
    [command] = re.findall(r"^ {4}(mosquitto_pub .*)$", document, re.MULTILINE)
    parts = urlsplit(broker.gateway_url)
    known = {"127.0.0.1": parts.hostname, "1883": str(parts.port), "$(cat .ansu/secrets/mqtt-gateway)": parts.password}
    words = [known.get(word) or word for word in shlex.split(command)]
    topic = words[words.index("-t") + 1]
    site_code = topic.split("/")[1]
    async with database.session() as session:
        site = await session.scalar(text("SELECT id FROM site WHERE code = :code"), {"code": site_code})
        site = site or await install_pack(session, read_pack(PACKS / "tep"))
        await session.execute(text("DELETE FROM escalation WHERE site_id = :site"), {"site": site})
        await session.execute(text("UPDATE alarm SET state = 'closed' WHERE site_id = :site"), {"site": site})
        point = await session.scalar(
            text("SELECT id FROM point WHERE site_id = :site AND code = :code"),
            {"site": site, "code": topic.rsplit("/", 1)[1]},
        )
    line = Line(database, broker, site, site_code, point)
    async with ingesting(line):
        process = await asyncio.create_subprocess_exec(*words)
        assert await process.wait() == 0

        async def major() -> list[tuple[str, str]]:
            return await line.rows(  # type: ignore[return-value]
                "SELECT title, level FROM alarm WHERE site_id = :site AND state <> 'closed' AND level = :level",
                level=Level.MAJOR,
            )

        [(title, _)] = await eventually(major, "the alarm")
    assert "反应器压力" in title
