"""One shift at a plant: everything flows, somebody kills, and at the end the books must balance."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from sqlalchemy import text

from backend.core.database import Database
from backend.core.events import present_cursor
from tests.faults.gateway import Gateway
from tests.faults.line import Line
from tests.faults.oracle import Oracle
from tests.faults.people import Leader, Phone
from tests.faults.plant import SIGNAL, Plant, found_plant

PHONES = 4
PUBLISH_EVERY_S = 0.005
SETTLE_S = 60.0
"""So long the line may take to catch up; a broker that lost sight of an acknowledgement sends again in time."""
CALM_S = 1.0

Fault = Callable[[Line], Awaitable[None]]


def kill(*names: str, down_s: float = 0.2) -> Fault:
    """The fault that ends ``names`` at the same moment."""

    async def strike(line: Line) -> None:
        await asyncio.gather(*(line.kill(name, down_s=down_s) for name in names))

    return strike


async def flush_and_kill_valkey(line: Line) -> None:
    """Valkey forgets everything and dies."""
    line.flush()
    await line.kill("valkey")


async def work_a_shift(
    line: Line, database: Database, faults: Sequence[Fault], *, seed: int, between_s: tuple[float, float] = (1.0, 2.5)
) -> list[str]:
    """Let a plant work while ``faults`` strike; gives what is wrong once there was time to settle."""
    async with database.session() as session:
        plant = await found_plant(session)
    choice = random.Random(seed)
    crashed_before = line.kills["broker"]
    gateway = Gateway(line.servers.broker.gateway_url, plant.code, seed)
    try:
        await _known(database, plant, gateway)
        cursor, since = await _present(database)
        phones = [Phone(line.url, plant.manager, choice.randrange(10**6), cursor) for _ in range(PHONES)]
        leader = Leader(line.url, plant, seed)
        async with _at_work(phones, leader, gateway) as stop_working:
            for fault in faults:
                await asyncio.sleep(choice.uniform(*between_s))
                await fault(line)
            await asyncio.sleep(between_s[1])
            await stop_working()
            oracle = Oracle(database, plant, gateway, since)
            oracle.broker_crashes = line.kills["broker"] - crashed_before
            return await _settled(oracle, phones, leader)
    finally:
        gateway.close()


async def _known(database: Database, plant: Plant, gateway: Gateway) -> None:
    """Wait until the ingest knows the plant and its rules: breaches of the signal point raise an alarm."""
    async with asyncio.timeout(30):
        while True:
            gateway.signal(high=True)
            async with database.session() as session:
                found = await session.execute(
                    text("SELECT 1 FROM alarm WHERE point_id = :point"), {"point": plant.points[SIGNAL]}
                )
                if found.first():
                    break
            await asyncio.sleep(0.1)


async def _present(database: Database) -> tuple[str, int]:
    """Where the event log stands: the cursor with which phones begin, and the last event they needn't be told of."""
    async with database.session() as session:
        cursor = await present_cursor(session)
        newest = await session.execute(text("SELECT COALESCE(max(id), 0) FROM event"))
        return str(cursor), int(newest.scalar_one())


@contextlib.asynccontextmanager
async def _at_work(
    phones: Sequence[Phone], leader: Leader, gateway: Gateway
) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    listening = [asyncio.create_task(phone.live()) for phone in phones]
    for phone in phones:
        async with asyncio.timeout(20):
            await phone.awake.wait()
    working = [asyncio.create_task(leader.work()), asyncio.create_task(_publish(gateway))]

    async def stop_working() -> None:
        await _end(working)

    try:
        yield stop_working
    finally:
        await _end([*listening, *working])


async def _publish(gateway: Gateway) -> None:
    while True:
        gateway.publish_something()
        await asyncio.sleep(PUBLISH_EVERY_S)


async def _end(tasks: Sequence["asyncio.Task[None]"]) -> None:
    """Cancel; a task that failed by itself fails the test."""
    for task in tasks:
        task.cancel()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise end


async def _settled(oracle: Oracle, phones: Sequence[Phone], leader: Leader) -> list[str]:
    """What is still wrong after ``SETTLE_S``; what is right must stay so for a while."""
    for calm_s in (0.0, CALM_S):
        await asyncio.sleep(calm_s)
        deadline = time.monotonic() + SETTLE_S
        while (wrong := await oracle.wrong(phones, leader)) and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.3)
        if wrong:
            return wrong
    return []
