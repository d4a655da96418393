"""From a gateway's message on a real broker to its rows: exactly accounted, refused with reasons, never twice."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.judge import AlarmJudge
from backend.core.database import Database
from backend.telemetry.assembly import Incoming
from backend.telemetry.ingest import SET_ASIDE_IN_A_ROW, Ingest
from backend.telemetry.judging import LiveValue, Transition
from backend.telemetry.models import Quality
from tests.telemetry.line import Line, eventually, ingesting, lay_line, publish
from tests.telemetry.mosquitto import Mosquitto, TestedBroker

TO_SET_ASIDE_MORE_S = 2.0
"""An ingest that went on would need less for the next ones."""


@pytest.fixture
async def line(database: Database, broker: TestedBroker) -> Line:
    return await lay_line(database, broker)


def at(seconds: float = 0.0) -> str:
    """A device's time, ``seconds`` from now."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


async def test_everything_received_is_stored_or_duplicate_or_rejected(line: Line) -> None:
    moments = [at(-i) for i in range(50)]
    good = [(line.topic("point/P1"), {"value": float(i), "at": moment}) for i, moment in enumerate(moments)]
    batch = [(line.topic("batch"), {"at": at(), "values": {"P1": 1.0, "P2": 2.0, "P3": None, "P4": "x"}})]
    bad = [(line.topic("batch"), b"not json"), (line.topic("nothing"), b"1"), (line.topic("point/P1"), b"NaN")]
    async with ingesting(line):
        await publish(line, [*good, *batch, *bad, *good[:20]])
        received, stored, duplicate, rejected = await line.received(50 + 4 + 3 + 20)
    assert (received, stored, duplicate, rejected) == (77, 52, 20, 5)
    readings = await line.rows("SELECT count(*) FROM reading WHERE site_id = :site AND point_id <> 0")
    probes = await line.rows(
        "SELECT sum(stored) FROM source WHERE site_id = :site AND code <> 'gw' HAVING sum(stored) > 0"
    )
    assert readings[0][0] == stored + probes[0][0]


async def test_what_is_refused_is_kept_with_its_reason_and_payload(line: Line) -> None:
    async with ingesting(line):
        await publish(
            line,
            [
                (line.topic("batch"), "温度".encode("gbk")),
                (line.topic("point/P1"), {"value": True}),
                (line.topic("point/P1"), {"value": True}),
                (line.topic("telemetry"), [{"ts": "noon", "values": {"P1": 1}}]),
                (line.topic("gateway/telemetry"), [1]),
            ],
        )
        await line.received(5)
    assert await line.refusals() == [
        ("bad_time", "", 1),
        ("boolean", "P1", 2),
        ("unreadable", "", 1),
        ("wrong_shape", "", 1),
    ]
    kept = await line.rows("SELECT source, topic, payload FROM rejection WHERE site_id = :site AND reason = 'boolean'")
    assert kept == [("gw", line.topic("point/P1"), '{"value": true}')]


async def test_points_the_plant_does_not_know_wait_for_adoption_with_their_values(line: Line) -> None:
    async with ingesting(line):
        await publish(line, [(line.topic("batch"), {"at": at(-i), "values": {"新测点": float(i)}}) for i in range(5)])
        await line.received(5)
        assert await line.readings("新测点") == [4.0, 3.0, 2.0, 1.0, 0.0]
    waiting = await line.rows("SELECT status, source, name FROM point WHERE site_id = :site AND code = '新测点'")
    assert waiting == [("pending", "gw", "新测点")]


async def test_a_retained_value_without_a_time_is_no_value_of_now(line: Line) -> None:
    await publish(line, [(line.topic("point/P1"), 99.0)], retain=True)
    async with ingesting(line):
        assert await line.received(1) == (1, 0, 0, 1)
    assert ("retained", "P1", 1) in await line.refusals()


async def test_wrong_clocks_are_flagged_and_judged_by_receipt(line: Line) -> None:
    before = datetime.now(UTC)
    async with ingesting(line):
        await publish(line, [(line.topic("point/P1"), {"value": 1.0, "at": at(3 * 86_400)})])
        await line.received(1)
        await publish(line, [(line.topic("point/P1"), {"value": 2.0, "at": "1970-01-01T08:00:00+08:00"})])
        await line.received(2)
        await publish(line, [(line.topic("point/P1"), {"value": 3.0, "at": at(-7200)})])
        await line.received(3)
    found = await line.rows(
        "SELECT value, quality, at FROM reading WHERE point_id = :point ORDER BY value", point=line.point_id
    )
    assert [(value, quality) for value, quality, _ in found] == [
        (1.0, Quality.CLOCK),
        (2.0, Quality.CLOCK),
        (3.0, Quality.BACKFILL),
    ]
    now = datetime.now(UTC)
    assert before <= found[0][2] <= found[1][2] <= now
    assert found[2][2] < before - timedelta(hours=1)
    latest = await line.rows("SELECT value FROM point_state WHERE point_id = :point", point=line.point_id)
    assert latest == [(2.0,)]


class ForgetfulLine(Ingest):
    """An ingest whose acknowledgement of each of the first ``losses`` batches never reaches the broker."""

    losses = 0

    def lose(self, losses: int) -> None:
        """Begin to lose."""
        self.losses = losses
        original = self._subscriber.acknowledge

        def acknowledge(messages: Sequence[Incoming]) -> None:
            if self.losses:
                self.losses -= 1
                raise ConnectionError("cut after the commit, before the acknowledgement")
            original(messages)

        self._subscriber.acknowledge = acknowledge  # type: ignore[method-assign]


async def test_a_message_delivered_again_after_its_commit_is_stored_once(line: Line) -> None:
    ingest = ForgetfulLine(line.database, line.shard, AlarmJudge())
    async with ingesting(line, ingest=ingest):
        ingest.lose(2)
        messages = [
            (line.topic("point/P1"), {"value": 1.0, "at": at()}),  # told again by its key
            (line.topic("point/P2"), 2.0),  # no time of its own: told again by its receipt
            (line.topic("point/P3"), {"value": 3.0, "at": at(86_400)}),  # stored under our time
            (line.topic("point/P4"), b"broken"),
        ]
        for message in messages:
            await publish(line, [message])
        received, stored, duplicate, rejected = await line.received(6)
        await publish(line, [(line.topic("point/P1"), {"value": 9.0, "at": at()})])
        await line.received(received + 1)
    assert (stored, rejected) == (3, 1)
    assert duplicate >= 2 and received == stored + duplicate + rejected
    assert await line.readings("P1") == [1.0, 9.0]
    assert await line.readings("P2") == [2.0]
    assert await line.readings("P3") == [3.0]
    assert await line.refusals() == [("unreadable", "", 1)]


class FailingJudge(AlarmJudge):
    """Fails at the commit as often as ``failures`` says, and always over a batch with the value ``poison``."""

    failures = 0
    fails_always = False
    poison = 666.0

    def judge(self, values: Sequence[LiveValue], now: datetime) -> list[Transition]:
        if any(self.fails_always or value.value == self.poison for value in values):
            raise ValueError("never again")
        return super().judge(values, now)

    async def checkpoint(self, session: AsyncSession) -> None:
        await super().checkpoint(session)
        if self.failures:
            self.failures -= 1
            raise ValueError("not this time")


async def test_nothing_is_acknowledged_before_its_commit(line: Line) -> None:
    judge = FailingJudge()
    async with ingesting(line, judge):
        judge.failures = 1
        messages = [(line.topic("point/P1"), {"value": float(i), "at": at(-i)}) for i in range(20)]
        await publish(line, messages)
        received, stored, duplicate, rejected = await line.received(20)
    assert judge.failures == 0
    assert (stored, rejected) == (20, 0)
    assert received == stored + duplicate
    assert len(await line.readings()) == 20


async def test_a_message_that_always_fails_is_set_aside_and_the_others_go_on(
    database: Database, mosquitto: Mosquitto
) -> None:
    line = await lay_line(database, mosquitto.as_tested)
    async with ingesting(line, FailingJudge()):
        values = [1.0, 2.0, FailingJudge.poison, 3.0, 4.0]
        await publish(line, [(line.topic("point/P1"), {"value": v, "at": at(i - 10)}) for i, v in enumerate(values)])
        received, stored, duplicate, rejected = await line.received(5)
    assert (received, stored, duplicate, rejected) == (5, 4, 0, 1)
    assert await line.readings() == [1.0, 2.0, 3.0, 4.0]
    assert await line.refusals() == [("not_storable", "", 1)]


async def test_when_nothing_can_be_stored_any_more_the_broker_keeps_what_came_until_it_can(
    database: Database, mosquitto: Mosquitto
) -> None:
    line = await lay_line(database, mosquitto.as_tested)
    judge = FailingJudge()
    async with ingesting(line, judge):
        judge.fails_always = True
        messages = [(line.topic("point/P1"), {"value": float(i), "at": at(-200 + i)}) for i in range(100)]
        await publish(line, messages)
        await line.received(SET_ASIDE_IN_A_ROW)
        await asyncio.sleep(TO_SET_ASIDE_MORE_S)
        judge.fails_always = False

        async def all_kept() -> int | None:
            _, stored, _, rejected = await line.account()
            return rejected if stored + rejected == 100 else None

        assert await eventually(all_kept, "the others") < SET_ASIDE_IN_A_ROW + 20


async def test_what_came_while_the_ingest_was_away_is_not_lost(line: Line) -> None:
    async with ingesting(line):
        pass
    await publish(line, [(line.topic("point/P1"), {"value": float(i), "at": at(-300 + i / 10)}) for i in range(1500)])
    async with ingesting(line):
        assert await line.received(1500) == (1500, 1500, 0, 0)
    assert await line.readings() == [float(i) for i in range(1500)]


async def test_messages_at_qos_0_are_taken_too(line: Line) -> None:
    async with ingesting(line):
        await publish(line, [(line.topic("point/P1"), {"value": 1.0, "at": at()})], qos=0)
        assert await line.received(1) == (1, 1, 0, 0)


async def test_a_gateway_may_only_publish_and_only_below_its_topics(line: Line) -> None:
    async with ingesting(line):
        await publish(line, [("elsewhere/x", 1.0), (line.topic("point/P1"), {"value": 1.0, "at": at()})], qos=0)
        assert await line.received(1) == (1, 1, 0, 0)


async def test_two_sites_may_use_the_same_code(line: Line) -> None:
    other = await lay_line(line.database, line.broker)
    async with ingesting(line), ingesting(other):
        await publish(line, [(line.topic("point/P1"), {"value": 1.0, "at": at()})])
        await publish(line, [(other.topic("point/P1"), {"value": 2.0, "at": at()})])
        await asyncio.gather(line.received(1), other.received(1))
    assert (await line.readings(), await other.readings()) == ([1.0], [2.0])


async def test_a_site_that_does_not_exist_is_told_to_the_first_one(line: Line) -> None:
    topic = f"ansu/no-{line.site_code}/gw/batch"
    async with ingesting(line):
        await publish(line, [(topic, {"values": {"P1": 1.0}})])

        async def kept() -> list[tuple[int, str]]:
            return await line.rows("SELECT site_id, reason FROM rejection WHERE topic = :topic", topic=topic)  # type: ignore[return-value]

        found = await eventually(kept, "the refusal")
    first = await line.rows("SELECT min(id) FROM site")
    assert found == [(first[0][0], "wrong_site")]
