"""``kill -9`` in mid-flow, one test a victim: nothing acknowledged is lost, nothing doubled, nothing left untold.

Each test is a plant of its own on the same running line. The oracle is tests/faults/oracle.py.
"""

from backend.core.database import Database
from backend.embedded.postgres import DURABLE
from tests.faults.line import Line
from tests.faults.shift import Fault, flush_and_kill_valkey, kill, work_a_shift


async def no_harm(line: Line, books: Database, faults: list[Fault], seed: int) -> None:
    wrong = await work_a_shift(line, books, faults, seed=seed)
    assert wrong == [], "\n".join([*wrong, line.logs()])


def test_the_database_has_everything_on_that_survives_a_power_cut(line: Line) -> None:
    assert [line.servers.postgres.query(f"SHOW {name}").strip() for name in DURABLE] == ["on"] * 3


async def test_without_any_fault_the_books_balance(line: Line, books: Database) -> None:
    await no_harm(line, books, [], 1)


async def test_a_killed_ingest_does_no_harm(line: Line, books: Database) -> None:
    await no_harm(line, books, [kill("ingest"), kill("ingest")], 2)


async def test_a_killed_worker_does_no_harm(line: Line, books: Database) -> None:
    await no_harm(line, books, [kill("worker"), kill("worker")], 3)


async def test_a_killed_web_role_does_no_harm(line: Line, books: Database) -> None:
    await no_harm(line, books, [kill("web"), kill("web")], 4)


async def test_a_killed_broker_does_no_harm(line: Line, books: Database) -> None:
    await no_harm(line, books, [kill("broker"), kill("broker")], 5)


async def test_a_broker_away_for_longer_does_no_harm(line: Line, books: Database) -> None:
    """What the gateway then sends again looks as old as it is."""
    await no_harm(line, books, [kill("broker", down_s=6)], 6)


async def test_a_killed_database_does_no_harm(line: Line, books: Database) -> None:
    await no_harm(line, books, [kill("postgres"), kill("postgres", down_s=2)], 7)


async def test_a_killed_valkey_does_no_harm(line: Line, books: Database) -> None:
    await no_harm(line, books, [kill("valkey"), kill("valkey", down_s=3)], 8)


async def test_a_valkey_that_forgets_everything_loses_no_job(line: Line, books: Database) -> None:
    """The jobs wait in Valkey while no worker is there to hear of them; then Valkey forgets them."""
    await no_harm(line, books, [kill("worker", down_s=3), flush_and_kill_valkey, flush_and_kill_valkey], 9)


async def test_all_roles_killed_at_once_do_no_harm(line: Line, books: Database) -> None:
    await no_harm(line, books, [kill("web", "ingest", "worker")], 10)


async def test_all_servers_killed_at_once_do_no_harm(line: Line, books: Database) -> None:
    await no_harm(line, books, [kill("postgres", "valkey", "broker")], 11)


async def test_nobody_died_unasked(line: Line) -> None:
    assert line.deaths == []
