"""The ingest: takes what the broker sends, makes it durable, then acknowledges. Nothing is acknowledged before.

One task does everything in order: decode → clean → judge → record what changed (its own transaction, first,
so that an alarm never waits for bulk) → readings, account, checkpoint in one transaction → acknowledge.
When something fails, nothing is acknowledged: the connection is dropped, what is in memory is read anew from
the database, and the broker sends again. A batch that fails again and again though the database answers is
cut in halves until the message at fault stands alone and is set aside as a rejection.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import Any

import asyncpg
import structlog

from backend.core.clock import now
from backend.core.collecting import set_aside_what_stays
from backend.core.database import Database, driver_connection
from backend.core.failing import database_is_away
from backend.core.settings import settings
from backend.telemetry import metrics
from backend.telemetry.assembly import Assembly, Incoming, open_message, unknown_codes
from backend.telemetry.inbox import Inbox
from backend.telemetry.judging import Judge, Transition
from backend.telemetry.late import ask_for_traces
from backend.telemetry.listening import Notices
from backend.telemetry.mqtt import Broker, Subscriber
from backend.telemetry.partitions import day_of_number, ensure_partitions
from backend.telemetry.plant_map import KnownPoint, PlantMap
from backend.telemetry.receipts import Receipts
from backend.telemetry.retake.holding import Holding
from backend.telemetry.storage import NotFresh, store, store_states, stored_already

log = structlog.get_logger()

BATCH_MESSAGES = 1000
BATCH_BYTES = 1024 * 1024
TICK_S = 1.0
RULES_EVERY_S = 2.0
PLANT_EVERY_S = 5.0
FEW_MESSAGES = 50
TELL_FIRST_S = 0.01
"""A small batch that raised an alarm waits so long: on a small machine, storing it would slow the telling."""
STATES_EVERY_S = 0.5
STATES_AT_ONCE = 100
"""So many latest values are written with each batch; more wait up to ``STATES_EVERY_S``."""
FAILURES_BEFORE_CUTTING = 3
SET_ASIDE_IN_A_ROW = 20
"""When so many messages in a row could not be stored, the fault is likely ours: the broker keeps the others, and one
more is set aside at each new try, so that a run of bad messages doesn't stop the plant for good."""
FIRST_BACKOFF_S = 0.2
LONGEST_BACKOFF_S = 5.0

_OWN_LINE = {
    "timezone": "UTC",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
    **dict.fromkeys(("enable_seqscan", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin"), "off"),
}
"""The one plan is made while the tables are small and is kept while they grow: it must look up, never scan. A plan made
on empty tables took 20 ms once there were some thousand alarms; this one takes 1 ms."""


class Ingest:
    """One shard's ingest. ``run`` returns after ``stop`` is set and the batch in hand is done."""

    def __init__(self, database: Database, broker: Broker, judge: Judge) -> None:
        self._database = database
        self._judge = judge
        self._inbox = Inbox()
        self._subscriber = Subscriber(broker, self._inbox)
        self._notices = Notices(database.url)
        self._plant = PlantMap()
        self._receipts = Receipts(broker.client_id)
        self._holding = Holding(settings().held_megabytes * 1_000_000)
        self._days: set[int] = set()
        self._touched: dict[int, KnownPoint] = {}
        self._line: Any = None
        self._failures = 0
        self._backoff_s = FIRST_BACKOFF_S
        self._left = False
        self._set_aside_in_a_row = 0
        self._ticked = self._rules_read = self._plant_read = self._states_written = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until ``stop``."""
        listening = asyncio.create_task(self._notices.listen())
        connecting: asyncio.Task[None] | None = None
        ready = False
        try:
            while not stop.is_set():
                try:
                    if not ready:
                        await self._load()
                        ready = True
                        set_aside_what_stays()
                        self._set_aside_in_a_row = min(self._set_aside_in_a_row, SET_ASIDE_IN_A_ROW - 1)
                        resuming = self._left or self._plant.has_values
                        connecting = asyncio.create_task(self._subscriber.stay_connected(resuming=resuming))
                    await self._round()
                except Exception as error:
                    self._note_failure(error)
                    await self._leave(connecting)
                    ready = False
                    await self._back_off(stop)
            if ready:
                await self._checkpoint()
        finally:
            listening.cancel()
            await self._leave(connecting)
            self._hang_up()

    async def _round(self) -> None:
        metrics.note_round(len(self._inbox), self._subscriber.connected)
        wait_s = max(0.0, self._ticked + TICK_S - time.monotonic())
        batch = await self._inbox.take(most=BATCH_MESSAGES, most_bytes=BATCH_BYTES, timeout_s=wait_s)
        if batch:
            if self._failures >= FAILURES_BEFORE_CUTTING:
                await self._process_in_parts(batch)
            else:
                await self._process(batch)
            self._subscriber.acknowledge(batch)
            self._failures = 0
            self._backoff_s = FIRST_BACKOFF_S
        if time.monotonic() - self._ticked >= TICK_S:
            await self._tick()
        if self._notices.any():
            await self._read_changes()

    async def _process(self, batch: Sequence[Incoming]) -> None:
        """Make ``batch`` durable, with what it changes."""
        started = time.perf_counter()
        opened = [open_message(message, self._plant) for message in batch]
        unknown = unknown_codes(opened, self._plant)
        if unknown:
            async with self._database.session() as session:
                await self._plant.add_unknown(session, [(*key, source) for key, source in unknown.items()])
        assembly = Assembly(self._plant)
        self._receipts.packet_ids_change = self._subscriber.packet_ids_change
        for one in opened:
            assembly.add(one, self._receipts)
        if assembly.suspects:
            await self._spare_repetitions(assembly)
        transitions = self._judge.judge(assembly.live, now())
        await self._record(transitions, save=len(assembly.live) > 1)
        if transitions and len(batch) <= FEW_MESSAGES:
            await asyncio.sleep(TELL_FIRST_S)
        await self._commit(assembly)
        if assembly.fresh or assembly.doubtful:
            self._set_aside_in_a_row = 0
        metrics.BATCH.observe(len(batch))
        metrics.COMMIT.observe(time.perf_counter() - started)
        metrics.LAG.set(time.time() - batch[0].received / 1e6)

    async def _spare_repetitions(self, assembly: Assembly) -> None:
        """What a gateway sends again after an outage looks like a clock that stepped back: the database knows."""
        async with self._database.session() as session:
            connection = await driver_connection(session)
            assembly.spare(await stored_already(connection, [row for row, _ in assembly.suspects]))

    async def _process_in_parts(self, batch: Sequence[Incoming]) -> None:
        """Like ``_process``, but a message that the database never takes is set aside."""
        try:
            await self._process(batch)
        except Exception as error:
            if database_is_away(error) or self._set_aside_in_a_row >= SET_ASIDE_IN_A_ROW:
                raise
            await self._load()
            if len(batch) == 1:
                await self._set_aside(batch[0], error)
                return
            middle = len(batch) // 2
            await self._process_in_parts(batch[:middle])
            await self._process_in_parts(batch[middle:])

    async def _set_aside(self, message: Incoming, error: Exception) -> None:
        log.error("ingest.set_aside", topic=message.topic, error=repr(error))
        assembly = Assembly(self._plant)
        assembly.quarantine(open_message(message, self._plant), repr(error)[:200])
        await self._commit(assembly)
        self._set_aside_in_a_row += 1
        metrics.QUARANTINED.inc()

    async def _record(self, transitions: list[Transition], *, save: bool = True) -> None:
        if len(transitions) == 1:
            line = await self._own_line()
            if await self._judge.record_alone(line, transitions[0], save=save):
                return
        if transitions:
            async with self._database.session() as session:
                await self._judge.record(session, transitions)

    async def _own_line(self) -> Any:
        """A connection for alarms alone: no pool is asked for it, and none of its statements is preceded by another."""
        if self._line is None:
            self._line = await asyncpg.connect(self._database.url, timeout=10, server_settings=_OWN_LINE)
        return self._line

    async def _commit(self, assembly: Assembly) -> None:
        missing = assembly.days - self._days
        if missing:
            await self._ensure_days(missing)
        self._touched.update(assembly.touched)
        try:
            await self._write(assembly, all_doubtful=False)
        except NotFresh:
            await self._write(assembly, all_doubtful=True)
        metrics.count(assembly.tallies.values())

    async def _write(self, assembly: Assembly, *, all_doubtful: bool) -> None:
        """One transaction for all that a batch leaves behind."""
        states = self._due_states()
        async with self._database.session() as session:
            connection = await driver_connection(session)
            await store(connection, assembly, all_doubtful=all_doubtful)
            if assembly.held:
                await self._holding.keep(connection, assembly.held)
            if assembly.late:
                await ask_for_traces(connection, assembly.late)
            if assembly.receipts:
                await self._receipts.keep(connection, assembly.receipts)
            if states:
                await store_states(connection, states)
            await self._judge.checkpoint(session)
        self._written(states)

    def _due_states(self) -> list[KnownPoint]:
        few = len(self._touched) <= STATES_AT_ONCE
        due = few or time.monotonic() - self._states_written >= STATES_EVERY_S
        return list(self._touched.values()) if due else []

    def _written(self, states: Sequence[KnownPoint]) -> None:
        if states:
            self._touched.clear()
            self._states_written = time.monotonic()

    async def _checkpoint(self) -> None:
        """Write latest values and rule states that no batch has taken along."""
        states = list(self._touched.values())
        async with self._database.session() as session:
            if states:
                await store_states(await driver_connection(session), states)
            await self._judge.checkpoint(session)
        self._written(states)

    async def _tick(self) -> None:
        self._ticked = time.monotonic()
        await self._record(self._judge.tick(now()))
        if self._ticked - self._rules_read >= RULES_EVERY_S:
            await self._read_rules()
        if self._ticked - self._plant_read >= PLANT_EVERY_S:
            await self._read_plant()
        if self._touched:
            await self._checkpoint()

    async def _read_changes(self) -> None:
        if self._notices.plant:
            await self._read_plant()
        await self._read_rules()
        self._notices.clear()

    async def _read_rules(self) -> None:
        async with self._database.session() as session:
            await self._judge.refresh(session)
        self._rules_read = time.monotonic()

    async def _read_plant(self) -> None:
        async with self._database.session() as session:
            await self._plant.refresh(session)
        self._plant_read = time.monotonic()
        self._days.clear()

    async def _ensure_days(self, days: set[int]) -> None:
        async with self._database.session() as session:
            await ensure_partitions(session, [day_of_number(day) for day in days])
        self._days |= days

    async def _load(self) -> None:
        """Read everything anew; whatever was in memory beyond the last commit is forgotten."""
        self._hang_up()
        await self._own_line()
        self._touched.clear()
        self._days.clear()
        self._holding.forget()
        async with self._database.session() as session:
            await self._plant.load(session)
            await self._receipts.load(await driver_connection(session))
            await self._judge.load(session)
        self._plant_read = self._rules_read = time.monotonic()

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.terminate()
            self._line = None

    def _note_failure(self, error: Exception) -> None:
        metrics.FAILURES.inc()
        if database_is_away(error):
            log.warning("ingest.database_away", error=repr(error)[:300])
        else:
            self._failures += 1
            log.error("ingest.failed", failures=self._failures, exc_info=error)

    async def _leave(self, connecting: asyncio.Task[None] | None) -> None:
        """Give the session back unacknowledged: the broker keeps what we did not commit."""
        if connecting is not None:
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)
        self._subscriber.disconnect()
        self._inbox.clear()
        self._left = True

    async def _back_off(self, stop: asyncio.Event) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._backoff_s):
                await stop.wait()
        self._backoff_s = min(self._backoff_s * 2, LONGEST_BACKOFF_S)
