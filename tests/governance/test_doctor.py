"""The doctor on real servers: green on an AnSu that works, and each thing that is broken is named."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import aiomqtt
import pytest
from sqlalchemy import text

from backend.alarms.models import Escalation
from backend.core.database import Database
from backend.core.events import record_event
from backend.core.jobs import enqueue
from backend.core.migrate import migrate
from backend.core.settings import Settings
from backend.embedded import EmbeddedServers
from backend.embedded.ports import free_port
from backend.governance.doctor import examine, table
from backend.governance.findings import Finding, Verdict
from backend.governance.probes import probe_broker
from backend.governance.queries import system_state
from backend.telemetry.canary import CANARY_CODE
from backend.telemetry.models import PointState
from tests.embedded.home import fresh_home
from tests.embedded.running import ROOT, Up, ups_in, wait_until
from tests.factories import made, make_alarm, make_point, make_site


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    """A whole AnSu with its demo site."""
    with fresh_home() as home, ups_in(home) as new_up:
        running = new_up("doctored", ANSU_DEMO="1").start().wait_running()
        yield running
        running.end()


def doctor(*argv: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ANSU_")}
    return subprocess.run(
        [sys.executable, "-m", "backend.cli", "doctor", *argv],
        env={**kept, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_an_ansu_that_runs_is_found_and_well(up: Up) -> None:
    assert doctor(ANSU_DATA_DIR=str(up.data)).returncode == 0, "also when it has just been started"
    wait_until(lambda: set(not_well(up)) <= {"readings", "disk"}, up.said)
    assert len(verdicts(up)) == 16


def verdicts(up: Up) -> dict[str, str]:
    report = json.loads(doctor("--json", ANSU_DATA_DIR=str(up.data)).stdout)
    return {check["check"]: check["verdict"] for check in report["checks"]}


def not_well(up: Up) -> list[str]:
    return [check for check, verdict in verdicts(up).items() if verdict != "ok"]


def test_the_table_says_each_check_in_both_languages(up: Up) -> None:
    said = doctor(ANSU_DATA_DIR=str(up.data)).stdout
    assert all(word in said for word in ("数据库", "database", "PostgreSQL 18", "Valkey 9", "断电保护", "fsync=on"))


def test_without_servers_it_says_how_to_get_them(tmp_path: Path) -> None:
    alone = doctor(ANSU_DATA_DIR=str(tmp_path), ANSU_PORT=str(free_port()))
    assert (alone.returncode, "Traceback" in alone.stderr) == (1, False)
    assert all(word in alone.stdout for word in ("./scripts/start", "ANSU_DATABASE_URL", "ANSU_MQTT_URL"))


@pytest.fixture
def settings(database_url: str, redis_url: str, servers: EmbeddedServers, tmp_path: Path) -> Settings:
    """On the session's servers; no web role runs."""
    return Settings(
        data_dir=tmp_path,
        database_url=database_url,
        redis_url=redis_url,
        mqtt_url=servers.broker.url,
        mqtt_monitor_url=servers.broker.monitor_url,
        port=free_port(),
    )


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


async def found(settings: Settings, check: str) -> Finding:
    return next(finding for finding in await examine(settings) if finding.check == check)


async def test_a_web_role_that_does_not_answer_is_wrong(settings: Settings) -> None:
    assert (await found(settings, "web")).verdict is Verdict.BAD


@pytest.mark.parametrize(
    ("setting", "check"), [("database_url", "database"), ("redis_url", "redis"), ("mqtt_url", "broker")]
)
async def test_a_server_that_is_away_is_named_with_its_setting(settings: Settings, setting: str, check: str) -> None:
    parts = urlsplit(getattr(settings, setting))
    away = parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{free_port()}").geturl()
    finding = await found(settings.model_copy(update={setting: away}), check)
    assert (finding.verdict, f"ANSU_{setting.upper()}" in finding.en) == (Verdict.BAD, True)


@pytest.mark.parametrize(
    ("setting", "check"), [("database_url", "database"), ("redis_url", "redis"), ("mqtt_url", "broker")]
)
async def test_a_wrong_password_is_told_without_the_password(settings: Settings, setting: str, check: str) -> None:
    parts = urlsplit(getattr(settings, setting))
    wrong = parts._replace(netloc=f"{parts.username}:guessed-word@{parts.hostname}:{parts.port}").geturl()
    report = await examine(settings.model_copy(update={setting: wrong}))
    assert next(finding for finding in report if finding.check == check).verdict is Verdict.BAD
    assert "guessed-word" not in table(report)


async def test_what_the_broker_holds_for_a_sleeping_ingest_is_counted(settings: Settings, mqtt_url: str) -> None:
    parts = urlsplit(mqtt_url)
    who = {"hostname": parts.hostname or "", "port": parts.port or 0}
    who |= {"username": parts.username, "password": parts.password}  # type: ignore[dict-item]

    def session(name: str, *, clean: bool) -> aiomqtt.Client:
        protocol = aiomqtt.ProtocolVersion.V311
        return aiomqtt.Client(**who, identifier=name, clean_session=clean, protocol=protocol)  # type: ignore[arg-type]

    before = (await found(settings, "queue")).values["messages"]
    async with session("doctored-ingest", clean=False) as sleeper:
        await sleeper.subscribe("ansu/doctored/#", qos=1)
    async with session("doctored-gateway", clean=True) as gateway:
        for number in range(7):
            await gateway.publish(f"ansu/doctored/{number}", "1", qos=1)
    after = (await found(settings, "queue")).values["messages"]
    async with session("doctored-ingest", clean=True):
        pass
    held = after - before
    assert held >= 7 and held % 7 == 0, "each session that sleeps holds a copy, an earlier test's on this broker too"


async def test_an_empty_database_is_told_to_migrate(servers: EmbeddedServers, settings: Settings) -> None:
    servers.postgres.query("CREATE DATABASE doctored_empty")
    url = servers.postgres.url_of("doctored_empty")
    empty = settings.model_copy(update={"database_url": url})
    assert "ansu migrate" in (await found(empty, "migrations")).en
    await asyncio.to_thread(lambda: asyncio.run(migrate(url)))
    assert (await found(empty, "migrations")).verdict is Verdict.OK
    servers.postgres.query("DROP DATABASE doctored_empty WITH (FORCE)")


async def test_a_job_that_failed_for_good_is_wrong(settings: Settings, database: Database) -> None:
    async with database.session() as session:
        job_id = await enqueue(session, "test.doctor")
        await session.execute(text("UPDATE job SET status = 'dead' WHERE id = :id"), {"id": job_id})
    dead = await found(settings, "jobs")
    async with database.session() as session:
        await session.execute(text("DELETE FROM job WHERE id = :id"), {"id": job_id})
    assert (dead.verdict, dead.values["dead"]) == (Verdict.BAD, 1)


async def test_an_event_nobody_was_told_of_is_wrong_after_half_a_minute(settings: Settings, database: Database) -> None:
    async with database.session() as session:
        site = await make_site(session)
        event = await record_event(session, site_id=site.id, kind="test.told", subject="test", subject_id=1)
    fresh = await found(settings, "events")
    async with database.session() as session:
        await session.execute(text("UPDATE event SET at = at - interval '1 min' WHERE id = :id"), {"id": event.id})
    old = await found(settings, "events")
    assert (fresh.verdict, fresh.values["untold"], old.verdict) == (Verdict.OK, 1, Verdict.BAD)


async def test_a_step_of_the_ladder_that_is_overdue_is_wrong(settings: Settings, database: Database) -> None:
    async with database.session() as session:
        site = await make_site(session)
        alarm = await make_alarm(session, site)
        late = datetime.now(UTC) - timedelta(seconds=40)
        await made(session, Escalation(site_id=site.id, alarm_id=alarm.id, step=1, due_at=late))
    assert (await found(settings, "escalation")).verdict is Verdict.BAD


async def test_the_canary_is_no_reading(database: Database) -> None:
    async with database.session() as session:
        site = await make_site(session)
        moment = datetime.now(UTC)
        for code, age_s in ((CANARY_CODE, 3), ("TI-1", 400)):
            point = await make_point(session, site, code=code)
            at = moment - timedelta(seconds=age_s)
            await made(session, PointState(site_id=site.id, point_id=point.id, at=at, value=1.0, received_at=at))
    async with database.session() as session:
        state = await system_state(session)
    assert state.canary_age_s is not None
    assert state.last_reading_age_s is not None
    assert state.canary_age_s < 300 < state.last_reading_age_s


async def test_a_broker_with_another_password_is_not_asked_further(settings: Settings) -> None:
    nameless = settings.model_copy(update={"mqtt_url": settings.mqtt_url.replace("backend:", "nobody:")})
    assert [finding.check for finding in await probe_broker(nameless)] == ["broker"]
