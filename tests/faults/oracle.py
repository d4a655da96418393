"""What must hold when the dust has settled, as differences of sets: the ledger against the database and the phones.

Each check gives sentences that say what is wrong; none means that all is well.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.core.database import Database
from backend.core.events import Event
from backend.delivery.audience import may_be_told
from tests.faults.gateway import SOURCE, Gateway
from tests.faults.people import Leader, Phone
from tests.faults.plant import CLOCKLESS, LIMIT, MEASURED, WATCHED, Plant

RECORDED = (*MEASURED, *WATCHED, CLOCKLESS)


class Oracle:
    """Looks at one plant from outside."""

    def __init__(self, database: Database, plant: Plant, gateway: Gateway, since_event: int) -> None:
        self._database = database
        self._plant = plant
        self._gateway = gateway
        self._since_event = since_event
        self.broker_crashes = 0
        """A broker that crashed sends its last deliveries again, as if new: only a key tells them from others."""

    async def wrong(self, phones: Sequence[Phone], leader: Leader) -> list[str]:
        """Everything that doesn't hold (yet)."""
        if not self._gateway.all_acknowledged:
            return ["the broker has not taken over everything yet"]
        try:
            return await self._all(phones, leader)
        except (DBAPIError, OSError) as error:
            return [f"the database doesn't answer: {error!r}"[:200]]

    async def _all(self, phones: Sequence[Phone], leader: Leader) -> list[str]:
        return [
            *await self._readings(),
            *await self._garbage(),
            *await self._account(),
            *await self._alarms(),
            *await self._escalations(),
            *await self._deliveries(),
            *await self._jobs(),
            *await self._rectifications(leader),
            *[fault for phone in phones for fault in await self._told(phone)],
        ]

    async def _rows(self, statement: str, **values: Any) -> list[Any]:
        async with self._database.session() as session:
            return list(await session.execute(text(statement), {"site": self._plant.site_id, **values}))

    async def _readings(self) -> list[str]:
        """No value acknowledged to the gateway is lost, none is there twice, none is there that nobody sent."""
        rows = await self._rows(
            "SELECT p.code, r.at, r.value FROM reading r JOIN point p ON p.id = r.point_id"
            " WHERE r.site_id = :site AND p.code = ANY(:recorded)",
            recorded=list(RECORDED),
        )
        timed = Counter((code, at, value) for code, at, value in rows if code != CLOCKLESS)
        bare = Counter(value for code, _, value in rows if code == CLOCKLESS)
        sent = self._gateway.sent()
        wanted = {(s.code, s.at, s.value) for s in sent if s.at is not None}
        once = {
            e.values[0].value for e in self._gateway.ledger if e.values and e.values[0].at is None and not e.repeated
        }
        numbers = {s.value for s in sent if s.at is None}
        return [
            *_faults("reading lost", wanted - set(timed)),
            *_faults("reading nobody sent", set(timed) - wanted),
            *_faults("reading doubled", {key for key, count in timed.items() if count > 1}),
            *_faults("clockless reading lost", numbers - set(bare)),
            *_faults("clockless reading nobody sent", set(bare) - numbers),
            *_faults("clockless reading doubled", {value for value in once if bare[value] > 1 + self.broker_crashes}),
        ]

    async def _garbage(self) -> list[str]:
        """Every refused message is kept, and counted as often as it was sent."""
        rows = await self._rows("SELECT payload, count FROM rejection WHERE site_id = :site")
        kept = {payload.encode(): count for payload, count in rows}
        entries = [e for e in self._gateway.ledger if e.garbage]
        return [
            *_faults("refusal lost", {e.payload for e in entries} - set(kept)),
            *_faults(
                "refusal doubled",
                {e.payload for e in entries if not e.repeated and kept.get(e.payload, 1) > 1 + self.broker_crashes},
            ),
        ]

    async def _account(self) -> list[str]:
        """received = stored + duplicate + rejected, and each is what the tables hold."""
        rows = await self._rows(
            "SELECT received, stored, duplicate, rejected,"
            " (SELECT count(*) FROM reading r JOIN point p ON p.id = r.point_id"
            "  WHERE r.site_id = :site AND p.code = ANY(:recorded)),"
            " (SELECT COALESCE(sum(count), 0) FROM rejection WHERE site_id = :site)"
            " FROM source WHERE site_id = :site AND code = :source",
            source=SOURCE,
            recorded=list(RECORDED),
        )
        if len(rows) != 1:
            return ["no account"]
        received, stored, duplicate, rejected, readings, refusals = rows[0]
        parts = sum(max(len(e.values), 1) for e in self._gateway.ledger)
        account = f"{received=} {stored=} {duplicate=} {rejected=} {readings=} {refusals=} {parts=}"
        exact = received == stored + duplicate + rejected and stored == readings and rejected == refusals
        return [] if exact and received >= parts else [f"account: {account}"]

    async def _alarms(self) -> list[str]:
        """Each breach was raised once, each end noted once, and a condition has one open alarm at most."""
        rows = await self._rows(
            "SELECT p.code, count(DISTINCT a.id) FILTER (WHERE a.state <> 'closed'), bool_or(a.active),"
            " count(e.id) FILTER (WHERE e.kind = 'alarm.raised'), count(e.id) FILTER (WHERE e.kind = 'alarm.returned')"
            " FROM alarm a JOIN point p ON p.id = a.point_id LEFT JOIN event e ON e.story = 'alarm:' || a.id"
            " AND e.site_id = a.site_id WHERE a.site_id = :site AND p.code = ANY(:watched) GROUP BY p.code",
            watched=list(WATCHED),
        )
        found = {code: tuple(numbers) for code, *numbers in rows}
        expected = {
            code: (1, self._gateway.high[code], count, count - self._gateway.high[code])
            for code, count in self._gateway.breaches.items()
            if count
        }
        return [
            f"alarm of {code} (limit {LIMIT}): (open, active, raised, returned) = {found.get(code)}, not {want}"
            for code, want in expected.items()
            if found.get(code) != want
        ] + _faults("alarm without breach", set(found) - set(expected))

    async def _escalations(self) -> list[str]:
        """Every unacknowledged alarm stands on its ladder with no rung left out and none late, each told of once."""
        rows = await self._rows(
            "SELECT a.id, array_agg(s.step ORDER BY s.id) FILTER (WHERE s.done_at IS NOT NULL),"
            " array_agg(s.step) FILTER (WHERE s.done_at IS NULL),"
            " bool_or(s.done_at IS NULL AND s.due_at < now() - interval '5 seconds'),"
            " (SELECT array_agg(CAST(e.data->>'step' AS int) ORDER BY e.id) FROM event e WHERE e.site_id = :site"
            "  AND e.story = 'alarm:' || a.id AND e.kind IN ('alarm.escalated', 'alarm.repeated'))"
            " FROM alarm a LEFT JOIN escalation s ON s.alarm_id = a.id"
            " WHERE a.site_id = :site AND a.state IN ('unacknowledged', 'returned') GROUP BY a.id"
        )
        return [
            f"ladder of alarm {alarm}: done {done}, pending {pending}, told {told}, late {late}"
            for alarm, done, pending, late, told in rows
            if late or done is None or done != list(range(len(done))) or pending != [len(done)] or told != done
        ]

    async def _deliveries(self) -> list[str]:
        """Everybody whom the ladder names has a delivery, once."""
        rows = await self._rows(
            "SELECT e.id, person FROM event e, jsonb_array_elements_text(e.data->'told') AS person"
            " WHERE e.site_id = :site AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.event_id = e.id"
            " AND d.person_id = CAST(person AS bigint) AND d.addressed)"
        )
        return _faults("person not addressed", {tuple(row) for row in rows})

    async def _jobs(self) -> list[str]:
        """Every flood has its trace; no job is overdue (the sweep looks every 5 s), half done or given up."""
        late = await self._rows(
            "SELECT id, kind, status, attempts, error FROM job WHERE site_id = :site AND (status = 'dead'"
            " OR status = 'running' OR (status = 'queued' AND due_at < now() - interval '12 seconds'))"
        )
        untraced = await self._rows(
            "SELECT g.id FROM alarm_group g LEFT JOIN trace t ON t.group_id = g.id"
            " WHERE g.site_id = :site AND t.id IS NULL"
        )
        return [
            *_faults("job not done", {tuple(row) for row in late}),
            *_faults("flood without trace", {row[0] for row in untraced}),
        ]

    async def _rectifications(self, leader: Leader) -> list[str]:
        """What was answered to the leader is there, once, under the number that was answered."""
        opened = dict(leader.opened)
        rows = await self._rows("SELECT title, number FROM rectification WHERE site_id = :site")
        there = Counter(title for title, _ in rows)
        numbers = dict(tuple(row) for row in rows)
        return [
            *_faults("rectification lost", {t for t, number in opened.items() if numbers.get(t) != number}),
            *_faults("rectification doubled", {title for title, count in there.items() if count > 1}),
        ]

    async def _told(self, phone: Phone) -> list[str]:
        """The phone got every event that its owner may see, once, and no other."""
        got = Counter(phone.got)
        rows = await self._rows("SELECT * FROM event WHERE site_id = :site AND id > :since", since=self._since_event)
        events = {row.id for row in rows if may_be_told(phone.owner.actor, Event(**row._mapping))}
        return [
            *_faults("event untold", events - set(phone.got)),
            *_faults("event told twice", {id_ for id_, count in got.items() if count > 1}),
            *_faults("event told to a stranger", set(got) - events - {id_ for id_ in got if id_ <= self._since_event}),
            *(["snapshot instead of events"] if phone.snapshots else []),
        ]


def _faults(what: str, found: set[Any]) -> list[str]:
    """One sentence with a few examples, or none."""
    return [f"{what}: {len(found)}, e.g. {sorted(found, key=str)[:3]}"] if found else []
