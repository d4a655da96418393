"""``ansu up`` as a real process: it brings back what dies, stops in order, leaves nothing, refuses in sentences."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.embedded.home import fresh_home, occupied_port
from tests.embedded.running import NewUp, Up, descendants, living, server_pid, ups_in, wait_until


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with fresh_home() as path:
        yield path


@pytest.fixture(scope="module")
def new_up(home: Path) -> Iterator[NewUp]:
    with ups_in(home) as make:
        yield make


@pytest.fixture(scope="module")
def one(new_up: NewUp) -> Iterator[Up]:
    """One for all tests that go on with a folder on which AnSu ran before, whether it runs now or was ended."""
    up = new_up("running")
    yield up
    if up.runs:
        up.end()


@pytest.fixture
def up(one: Up) -> Up:
    """It, running."""
    return one if one.runs else one.start().wait_running()


def test_it_says_where_it_answers_and_what_a_gateway_needs(up: Up) -> None:
    said = up.said()
    assert f"http://127.0.0.1:{up.environment['ANSU_PORT']}" in said
    assert f"127.0.0.1:{up.environment['ANSU_MQTT_PORT']}" in said
    password = up.data / "secrets" / "mqtt-gateway"
    assert (str(password) in said, password.read_text().strip() in said) == (True, False)
    assert "█" in said


@pytest.mark.parametrize("role", ["web", "ingest", "worker"])
def test_a_role_that_was_killed_comes_back(up: Up, role: str) -> None:
    killed = up.roles[role]
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: up.roles.get(role, killed) != killed, up.said)
    assert f"{role} 意外退出" in up.said()


@pytest.mark.parametrize("server", ["valkey-server", "nats-server"])
def test_a_server_that_was_killed_comes_back_at_its_address(up: Up, server: str) -> None:
    killed, before = server_pid(up, server), up.addresses
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: server_pid(up, server) not in {0, killed}, up.said)
    assert up.addresses == before


async def test_the_database_comes_back_with_what_was_committed(up: Up) -> None:
    connection = await asyncpg.connect(up.database_url)
    await connection.execute("CREATE TABLE kept (value int); INSERT INTO kept VALUES (7)")
    os.kill(server_pid(up, "pginstall/bin/postgres"), signal.SIGKILL)
    for _ in range(300):
        try:
            connection = await asyncpg.connect(up.database_url)
            break
        except (OSError, asyncpg.PostgresError):
            await asyncio.sleep(0.05)
    assert await connection.fetchval("SELECT value FROM kept") == 7
    await connection.close()


def test_a_second_one_on_the_same_folder_is_refused_and_disturbs_nothing(up: Up, new_up: NewUp) -> None:
    second = new_up(
        up.data.name, ANSU_PORT=up.environment["ANSU_PORT"], ANSU_MQTT_PORT=up.environment["ANSU_MQTT_PORT"]
    )
    second.output = up.data.with_name("second.output")
    assert up.process is not None
    assert second.start().process.wait(20) == 1
    assert f"进程 {up.process.pid}" in second.said()
    assert f"已在运行 / Already running: http://127.0.0.1:{up.environment['ANSU_PORT']}" in second.said()
    assert "Traceback" not in second.said()
    assert up.addresses is not None


def test_other_terminals_find_the_running_servers(up: Up) -> None:
    found = {k: v for k, v in up.environment.items() if k in {"PYTHONPATH", "ANSU_DATA_DIR", "PATH"}}
    migrated = subprocess.run(
        [sys.executable, "-m", "backend.cli", "migrate"], env=found, capture_output=True, text=True, check=False
    )
    assert (migrated.returncode, "Traceback" in migrated.stderr) == (0, False)


def test_with_servers_of_ones_own_it_starts_none(
    new_up: NewUp, database_url: str, redis_url: str, mqtt_url: str
) -> None:
    urls = {"ANSU_DATABASE_URL": database_url, "ANSU_REDIS_URL": redis_url, "ANSU_MQTT_URL": mqtt_url}
    up = new_up("external", **urls).start().wait_running()
    assert sorted(up.roles.values()) == sorted(process.pid for process in descendants(up))
    assert up.addresses is not None
    assert (up.addresses.database_url, up.addresses.mqtt_url) == (database_url, mqtt_url)
    assert up.end() == 0


def test_a_taken_port_is_told_before_anything_starts(new_up: NewUp) -> None:
    with occupied_port() as port:
        refused = new_up("port", ANSU_PORT=str(port)).start()
        assert refused.process is not None
        assert refused.process.wait(20) == 1
    assert all(word in refused.said() for word in (f"端口 {port} 已被占用", f"Port {port} is taken", "ANSU_PORT"))
    assert "Traceback" not in refused.said()
    assert not (refused.data / "postgres").exists()


def test_a_folder_of_another_version_is_refused(new_up: NewUp) -> None:
    refused = new_up("version")
    refused.data.mkdir()
    (refused.data / "VERSION").write_text("ansu-data 99\npostgresql 18\n")
    assert refused.start().process.wait(20) == 1
    assert "属于另一个版本" in refused.said()
    assert "Traceback" not in refused.said()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_leaves_no_process_and_a_new_start_finds_the_data(up: Up, how: signal.Signals) -> None:
    connection = await asyncpg.connect(up.database_url)
    await connection.execute(f"CREATE TABLE kept_{how.name} (value int); INSERT INTO kept_{how.name} VALUES (7)")
    await connection.close()
    processes = up.family
    assert up.end(how) == 0
    assert living(processes) == []
    assert not (up.data / "run.json").exists()
    up.start().wait_running()
    connection = await asyncpg.connect(up.database_url)
    assert await connection.fetchval(f"SELECT value FROM kept_{how.name}") == 7
    await connection.close()


def test_a_stop_in_the_middle_of_the_first_start_leaves_no_process(new_up: NewUp) -> None:
    up = new_up("interrupted").start()
    wait_until(lambda: len(up.family) > 2, up.said)
    processes = up.family
    assert up.end() == 0
    wait_until(lambda: not living(processes), up.said, 5)
    assert "Traceback" not in up.said()


def test_nothing_outlives_a_supervisor_that_was_killed(up: Up) -> None:
    processes = descendants(up)
    up.end(signal.SIGKILL)
    up.start().wait_running()
    assert living(processes) == []


def test_a_second_signal_does_not_wait_for_a_role_that_hangs(up: Up) -> None:
    processes = up.family
    os.kill(up.roles["ingest"], signal.SIGSTOP)
    assert up.process is not None
    up.process.send_signal(signal.SIGINT)
    wait_until(lambda: "正在停止" in up.said(), up.said)
    up.end(signal.SIGINT)
    assert ("强制停止" in up.said(), living(processes)) == (True, [])


def test_two_signals_at_once_leave_no_process(up: Up) -> None:
    processes = up.family
    assert up.process is not None
    up.process.send_signal(signal.SIGINT)
    up.end(signal.SIGTERM)
    assert living(processes) == []


async def test_a_database_of_a_newer_program_is_refused(up: Up) -> None:
    """The last one: no other can run on the folder afterwards."""
    connection = await asyncpg.connect(up.database_url)
    await connection.execute("UPDATE alembic_version SET version_num = '9999_from_tomorrow'")
    await connection.close()
    up.end()
    assert up.start().process is not None
    assert up.process is not None
    assert up.process.wait(20) == 1
    assert "database 为 9999_from_tomorrow" in up.said()
    assert "Traceback" not in up.said()
