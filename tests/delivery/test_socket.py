"""The phone's live line: told once, in order, after sleep too, and cut when the sign-in ends."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from backend.alarms.commands import Occurrence, raise_alarm
from backend.alarms.models import Level, RuleKind
from backend.core.database import Database
from backend.core.events import record_event
from backend.delivery.commands import address_people
from backend.delivery.queries import receipts
from backend.identity.models import Person, Site
from backend.identity.sessions import open_session, revoke
from tests.factories import actor_for, make_person, make_site
from tests.liveserver import LiveServer


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


class Phone:
    """A simulated phone: remembers the cursor and every event id it got."""

    def __init__(self, server: LiveServer, token: str) -> None:
        self.server, self.token, self.cursor = server, token, ""
        self.got: list[int] = []
        self.snapshots = 0

    @asynccontextmanager
    async def awake(self) -> AsyncIterator[ClientConnection]:
        url = self.server.url.replace("http", "ws") + f"/ws?since={self.cursor}"
        async with websockets.connect(
            url, additional_headers={"Cookie": f"ansu={self.token}"}, origin=self.server.url, close_timeout=0.5
        ) as line:
            yield line

    async def listen(self, line: ClientConnection, *, until: int, seconds: float = 10) -> None:
        """Take frames until ``until`` events were got in all."""
        async with asyncio.timeout(seconds):
            while len(self.got) < until:
                self.take(json.loads(await line.recv()))

    def take(self, frame: dict[str, Any]) -> None:
        if "cursor" in frame:
            self.cursor = frame["cursor"]
        if frame["kind"] == "event":
            self.got.append(frame["event"]["subject_id"])
        if frame["kind"] == "snapshot":
            self.snapshots += 1


async def signed_in_phone(database: Database, server: LiveServer, **who: Any) -> tuple[Phone, Person]:
    async with database.session() as session:
        site = who.pop("site", None) or await make_site(session)
        person = await make_person(session, site, **who)
        token = await open_session(session, person, device="test", address="")
    return Phone(server, token), person


async def happen(database: Database, site_id: int, number: int, **options: Any) -> int:
    async with database.session() as session:
        event = await record_event(
            session,
            site_id=site_id,
            kind="alarm.raised",
            subject="alarm",
            subject_id=number,
            data={"title_zh": "反应器压力 高报", "title_en": "Reactor pressure high", **options},
        )
        return event.id


async def first_frame(line: ClientConnection, phone: Phone) -> None:
    phone.take(json.loads(await asyncio.wait_for(line.recv(), 5)))


async def test_an_event_reaches_an_open_phone_within_a_second(database: Database, live_server: LiveServer) -> None:
    phone, person = await signed_in_phone(database, live_server)
    async with phone.awake() as line:
        await first_frame(line, phone)
        await happen(database, person.site_id, 1)
        await phone.listen(line, until=1, seconds=1)
    assert phone.got == [1]


async def test_a_phone_that_slept_through_200_events_gets_each_of_them_once(
    database: Database, live_server: LiveServer
) -> None:
    phone, person = await signed_in_phone(database, live_server)
    async with phone.awake() as line:
        await first_frame(line, phone)
        await happen(database, person.site_id, 0)
        await phone.listen(line, until=1)
    for start in range(1, 201, 20):
        await asyncio.gather(*(happen(database, person.site_id, n) for n in range(start, start + 20)))
    async with phone.awake() as line:
        late = asyncio.gather(*(happen(database, person.site_id, n) for n in range(201, 211)))
        await phone.listen(line, until=211)
        await late
    assert sorted(phone.got) == list(range(211))
    assert phone.snapshots == 0


async def test_a_phone_cut_in_the_middle_of_a_batch_misses_nothing(database: Database, live_server: LiveServer) -> None:
    phone, person = await signed_in_phone(database, live_server)
    async with phone.awake() as line:
        await first_frame(line, phone)
    for part in range(6):
        async with phone.awake() as line:
            await asyncio.gather(*(happen(database, person.site_id, part * 10 + n) for n in range(10)))
            await phone.listen(line, until=part * 10 + 4)
    async with phone.awake() as line:
        await phone.listen(line, until=60)
    assert sorted(phone.got) == list(range(60))


async def test_a_phone_too_far_behind_is_told_to_look_afresh(database: Database, live_server: LiveServer) -> None:
    phone, person = await signed_in_phone(database, live_server)
    async with phone.awake() as line:
        await first_frame(line, phone)
    async with database.session() as session:
        for number in range(1001):
            await record_event(session, site_id=person.site_id, kind="alarm.raised", subject="alarm", subject_id=number)
    async with phone.awake() as line:
        await first_frame(line, phone)
    assert (phone.snapshots, phone.got) == (1, [])


async def test_another_sites_phone_is_told_nothing(database: Database, live_server: LiveServer) -> None:
    ours, person = await signed_in_phone(database, live_server)
    theirs, _ = await signed_in_phone(database, live_server)
    async with ours.awake() as our_line, theirs.awake() as their_line:
        await first_frame(our_line, ours)
        await first_frame(their_line, theirs)
        await happen(database, person.site_id, 1)
        await ours.listen(our_line, until=1)
        with pytest.raises(TimeoutError):
            await theirs.listen(their_line, until=1, seconds=1)


async def test_without_a_valid_sign_in_or_from_a_foreign_page_no_line_opens(
    database: Database, live_server: LiveServer
) -> None:
    phone, person = await signed_in_phone(database, live_server)
    stranger = Phone(live_server, "no-such-token")
    with pytest.raises(websockets.InvalidStatus):
        async with stranger.awake():
            pass
    with pytest.raises(websockets.InvalidStatus):
        async with websockets.connect(
            live_server.url.replace("http", "ws") + "/ws",
            additional_headers={"Cookie": f"ansu={phone.token}"},
            origin="https://evil.example",
        ):
            pass
    async with database.session() as session:
        await revoke(session, person.id)
    with pytest.raises(websockets.InvalidStatus):
        async with phone.awake():
            pass


async def test_a_revoked_sign_in_cuts_the_open_line_within_five_seconds(
    database: Database, live_server: LiveServer
) -> None:
    phone, person = await signed_in_phone(database, live_server)
    async with phone.awake() as line:
        await first_frame(line, phone)
        async with database.session() as session:
            await revoke(session, person.id)
        with pytest.raises(websockets.ConnectionClosed):
            async with asyncio.timeout(6):
                while True:
                    await line.recv()
        assert line.close_code == 4401


async def test_each_persons_receipt_is_kept_and_the_first_one_counts(
    database: Database, live_server: LiveServer
) -> None:
    phone, person = await signed_in_phone(database, live_server)
    async with database.session() as session:
        site = person.site_id
        absent = await make_person(session, await session.get_one(Site, site))
    async with phone.awake() as line:
        await first_frame(line, phone)
        event_id = await happen(database, site, 8, told=[person.id, absent.id])
        await phone.listen(line, until=1)
        await line.send(json.dumps({"received": [event_id, 10**12]}))
        await line.send(json.dumps({"received": "nonsense"}))
        await asyncio.sleep(0.3)
    while True:
        async with database.session() as session:
            if not await address_people(session):
                break
    async with database.session() as session:
        known = await receipts(session, await actor_for(session, person), "alarm:8")
    assert [(r.person_id, r.addressed, r.received_at is not None) for r in known] == [
        (person.id, True, True),
        (absent.id, True, False),
    ]


async def test_a_phone_too_slow_to_take_what_comes_is_cut_and_misses_nothing(
    database: Database, live_server: LiveServer
) -> None:
    phone, person = await signed_in_phone(database, live_server)
    total = 900
    async with phone.awake() as line:
        await first_frame(line, phone)
        line.transport.pause_reading()
        for start in range(0, total, 300):
            async with database.session() as session:
                for number in range(start, start + 300):
                    await record_event(
                        session,
                        site_id=person.site_id,
                        kind="alarm.raised",
                        subject="alarm",
                        subject_id=number,
                        data={"title_zh": "压" * 4000},
                    )
        await asyncio.sleep(1)
        line.transport.resume_reading()
        with pytest.raises(websockets.ConnectionClosed):
            async with asyncio.timeout(20):
                while True:
                    phone.take(json.loads(await line.recv()))
        assert line.close_code == 4008
    async with phone.awake() as line:
        await phone.listen(line, until=total)
    assert phone.got == list(range(total))


async def test_events_that_come_with_their_notice_and_such_that_must_be_read_are_told_once_each(
    database: Database, live_server: LiveServer
) -> None:
    phone, person = await signed_in_phone(database, live_server)

    async def raise_one(number: int) -> None:
        occurrence = Occurrence(
            site_id=person.site_id,
            condition_key=f"notice-{number}",
            kind=RuleKind.THRESHOLD,
            level=Level.GENERAL,
            title="压" * (3000 if number % 5 == 0 else 1),  # a fifth is too long for a notice
            title_en="Pressure",
        )
        async with database.session() as session:
            await raise_alarm(session, occurrence)

    async with phone.awake() as line:
        await first_frame(line, phone)
        for start in range(0, 40, 10):
            raising = [raise_one(number) for number in range(start, start + 10)]
            plain = [happen(database, person.site_id, 10_000 + number) for number in range(start, start + 10)]
            await asyncio.gather(*raising, *plain)
        await phone.listen(line, until=80)
        with pytest.raises(TimeoutError):
            await phone.listen(line, until=81, seconds=1.5)
    async with phone.awake() as line, asyncio.timeout(5):
        phone.take(json.loads(await line.recv()))
    assert len(set(phone.got)) == len(phone.got) == 80
