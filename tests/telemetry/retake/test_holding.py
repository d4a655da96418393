"""The store is bounded, says what it let go, and is written with the rejections or not at all."""

from collections.abc import AsyncIterator

import pytest

from backend.core.database import Database, driver_connection
from backend.telemetry.assembly import Assembly, open_message
from backend.telemetry.plant_map import PlantMap
from backend.telemetry.retake.holding import Holding, make_room, size_of
from tests.telemetry.retake.feeding import Plant, close, make_plant

LIMIT = 100_000


@pytest.fixture
async def plant(database: Database) -> AsyncIterator[Plant]:
    one = await make_plant(database)
    yield one
    await close([one])


async def keep(plant: Plant, holding: Holding, payloads: list[bytes]) -> int:
    """Hold ``payloads``; gives their size."""
    async with plant.database.session() as session:
        known = PlantMap()
        await known.load(session)
        assembly = Assembly(known)
        for payload in payloads:
            assembly.add(open_message(plant.message(payload), known), ())
        await holding.keep(await driver_connection(session), assembly.held)
    return sum(size_of(one) for one in assembly.held)


async def used(plant: Plant) -> int:
    found = await plant.rows("SELECT COALESCE(sum(size), 0) FROM held_message WHERE site_id = :site")
    return int(found[0][0])


async def test_a_message_is_held_byte_by_byte_however_long(plant: Plant) -> None:
    payload = b"\xff\0" + b"x" * 500_000
    await plant.feed(plant.message(payload))
    found = await plant.rows("SELECT payload, whole, retained FROM held_message WHERE site_id = :site")
    assert [(bytes(kept), whole, retained) for kept, whole, retained in found] == [(payload, True, False)]


async def test_what_is_good_is_not_held(plant: Plant) -> None:
    await plant.feed(plant.message({"P1": 1.0, "P2": 2.0}, "telemetry"))
    assert await plant.held() == []


async def test_what_is_too_large_for_any_cause_to_mend_is_not_held(plant: Plant) -> None:
    await plant.feed(plant.message(b"x" * 1_048_577))
    assert await plant.held() == []
    assert await plant.rows("SELECT reason FROM rejection WHERE site_id = :site") == [("too_large",)]


async def test_a_flood_lets_the_oldest_go_and_says_how_many_since_when(plant: Plant) -> None:
    holding = Holding(LIMIT)
    sent = 0
    for number in range(40):
        sent += await keep(plant, holding, [b"?" * 400 + str(number * 20 + i).encode() for i in range(20)])
        assert await used(plant) <= LIMIT
    assert sent > 4 * LIMIT
    [(messages, size, since, last)] = await plant.rows(
        "SELECT messages, bytes, since, last_at FROM held_loss WHERE site_id = :site"
    )
    kept = await plant.rows("SELECT payload FROM held_message WHERE site_id = :site ORDER BY id")
    assert messages + len(kept) == 800 and size + await used(plant) == sent and since < last
    assert bytes(kept[-1][0]).endswith(b"?799") and bytes(kept[0][0]).endswith(str(800 - len(kept)).encode())
    assert await plant.rows("SELECT count(*) FROM held_part WHERE site_id = :site") == [(len(kept),)]


async def test_one_that_is_being_taken_in_is_passed_over(plant: Plant, database: Database) -> None:
    await keep(plant, Holding(LIMIT * 10), [b"?" * 1000 + bytes([65 + i]) for i in range(20)])
    first = (await plant.rows("SELECT min(id) FROM held_message WHERE site_id = :site"))[0][0]
    async with database.session() as taking, database.session() as ingest:
        await (await driver_connection(taking)).execute("SELECT FROM held_message WHERE id = $1 FOR UPDATE", first)
        went = await make_room(await driver_connection(ingest), plant.site.id, 15_000)
    assert went >= 14_000
    assert (await plant.rows("SELECT min(id) FROM held_message WHERE site_id = :site"))[0][0] == first


async def test_a_batch_that_is_rolled_back_holds_nothing(plant: Plant, database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.session() as session:
            known = PlantMap()
            await known.load(session)
            assembly = Assembly(known)
            assembly.add(open_message(plant.message(b"?"), known), ())
            await Holding(LIMIT).keep(await driver_connection(session), assembly.held)
            raise ZeroDivisionError
    assert await plant.held() == []


async def test_a_repeated_delivery_is_held_once(plant: Plant) -> None:
    message = plant.message(b"?")
    await plant.feed(message)
    await plant.feed(message._replace(dup=True))
    assert await plant.held() == [("unreadable", "", 1)]
