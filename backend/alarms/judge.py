"""The judge that ingest asks: rules in memory, alarms in the database, states checkpointed with the readings.

Implements ``telemetry.judging.Judge``. What is recorded and what is in memory agree because ``load`` and
``refresh`` take from the database which alarms are open; everything between is evaluated here.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.commands.making import Occurrence, insert_alarm
from backend.alarms.commands.raising import clear_alarm, hold_site, raise_alarm
from backend.alarms.evaluation import Condition, State, limit_of
from backend.alarms.grouping import Neighbourhood
from backend.alarms.models import Level
from backend.alarms.parameters import limit_names, stored_form
from backend.alarms.queries import watching as queries
from backend.alarms.queries.watching import WatchedRule
from backend.alarms.watching import Found, Watch, WatchList
from backend.alarms.wording import alarm_title, point_title
from backend.core.changes import Written, written
from backend.core.clock import now
from backend.core.database import driver_connection
from backend.core.jobs import ring
from backend.identity.permissions import system_query
from backend.telemetry.judging import LiveValue, Transition

log = structlog.get_logger()

PLANT_AGE_S = 30.0
_PLANT = ("point", "equipment", "link")
"""Tables besides the rules' own that ``WatchedRule`` and ``Neighbourhood`` are made of."""
CHECKPOINT_AGED_S = 5.0

RULES = Gauge("ansu_alarm_rules", "Rules judged by this process")
CHANGES = Counter("ansu_alarm_changes_total", "Conditions raised and returned", ["change"])


class AlarmJudge:
    """Judges the rules of ``site_ids`` (None: of all sites). One task uses it; it isn't thread-safe."""

    def __init__(self, site_ids: list[int] | None = None) -> None:
        self._site_ids = site_ids
        self._list = WatchList()
        self._near = Neighbourhood()
        self._signature: tuple[int, ...] = ()
        self._plant: Written = ()
        self._listening_since = now().timestamp()
        self._read_at = 0.0
        self._aged_at = 0.0

    async def load(self, session: AsyncSession) -> None:
        """Read rules and checkpointed states afresh, forgetting what is in memory."""
        self._list = WatchList()
        await self._take_over(session, await queries.rule_states(session))

    async def refresh(self, session: AsyncSession) -> bool:
        """Take over rules edited since the last look; True when something changed. The caller commits.

        What ``judge`` and ``tick`` found must have been recorded before.
        """
        signature = await queries.rules_signature(session)
        edited = signature != self._signature
        if not edited and now().timestamp() - self._read_at < PLANT_AGE_S:
            return False
        if not edited and self._plant == await written(session, *_PLANT):
            await self._agree(session)
            return False
        await self._take_over(session, {id_: watch.snapshot() for id_, watch in self._list.watches.items()})
        return edited

    def judge(self, values: Sequence[LiveValue], now: datetime) -> list[Transition]:
        """What changes by ``values``, received at ``now`` (UTC)."""
        return list(self._list.values(values, now))

    def tick(self, now: datetime) -> list[Transition]:
        """What changes by the mere passing of time: delays, silence, rows that stay incomplete."""
        return list(self._list.tick(now, self._listening_since))

    async def record(self, session: AsyncSession, transitions: Sequence[Transition]) -> None:
        """Write alarms, events and the states of the rules concerned. The caller commits."""
        found: Sequence[Found] = transitions
        for site_id in sorted({f.watched.site_id for f in found if f.change.raised}):
            await hold_site(session, site_id)
        for one in found:
            watched, change = one.watched, one.change
            if change.raised:
                occurrence = await _placed(session, one, _occurrence(one))
                await raise_alarm(session, occurrence, self._near)
            else:
                at = datetime.fromtimestamp(change.at, UTC)
                await clear_alarm(session, watched.site_id, watched.key(change.limit), at)
            CHANGES.labels("raised" if change.raised else "returned").inc()
        await self._save(session, {f.watched.id for f in found})

    async def record_alone(self, connection: Any, transition: Transition, *, save: bool = True) -> bool:
        """Like ``record`` for one condition that came, in one statement that commits by itself.

        False when it isn't of that kind or somebody else is raising in the site: then nothing was written.
        ``save`` False leaves the rule's state to the next checkpoint.
        """
        found: Found = transition
        watched = found.watched
        if not found.change.raised or watched.point_id is None:
            return False
        state = msgspec.json.encode(self._list.watches[watched.id].snapshot()).decode() if save else None
        made = await insert_alarm(connection, _occurrence(found), self._near, state)
        if made is None:
            return False
        if save:
            self._list.dirty.discard(watched.id)
            self._list.aged.discard(watched.id)
        CHANGES.labels("raised").inc()
        if made.job_id is not None:
            ring(made.job_id)
        return True

    async def checkpoint(self, session: AsyncSession) -> None:
        """Write the states that changed since the last checkpoint. The caller commits.

        Rates' samples are written every few seconds only: they are filled again from what comes.
        """
        moment = now().timestamp()
        due = set(self._list.dirty)
        if moment - self._aged_at >= CHECKPOINT_AGED_S:
            due |= self._list.aged
            self._aged_at = moment
        await self._save(session, due)

    async def _take_over(self, session: AsyncSession, states: dict[int, State]) -> None:
        self._signature = await queries.rules_signature(session)
        self._plant = await written(session, *_PLANT)
        rules = await queries.watched_rules(session, self._site_ids)
        self._near = await queries.neighbourhood(session, self._site_ids)
        normals = await queries.active_normals(session, self._site_ids)
        open_now = await queries.open_conditions(session, self._site_ids)
        in_force = {rule.id: rule for rule in rules}
        former, active = self._list.watches, _active_limits(open_now)
        known = {
            rule.id: _agreeing(_continued(former.get(rule.id), rule, states.get(rule.id, State())), active[rule.id])
            for rule in rules
        }
        self._list.put(rules, known, normals)
        self._near.watch_together(self._list.together())
        await _return_unjudged(session, in_force, open_now)
        self._read_at = now().timestamp()
        RULES.set(len(rules))

    async def _agree(self, session: AsyncSession) -> None:
        """Take over which alarms are open, all else being as it was: reading 4,000 rules anew stops us for 0.3 s."""
        open_now = await queries.open_conditions(session, self._site_ids)
        active = _active_limits(open_now)
        for rule_id, watch in self._list.watches.items():
            state = _agreeing(watch.state, active[rule_id])
            if state is not watch.state:
                self._list.keep(rule_id, state)
        await _return_unjudged(session, {id_: watch.watched for id_, watch in self._list.watches.items()}, open_now)
        self._read_at = now().timestamp()

    @system_query("ingest keeps what the rules of all its sites remember")
    async def _save(self, session: AsyncSession, rule_ids: Iterable[int]) -> None:
        watches = [self._list.watches[id_] for id_ in sorted(rule_ids) if id_ in self._list.watches]
        if watches:
            connection = await driver_connection(session)
            await connection.execute(
                _SAVE,
                [w.watched.id for w in watches],
                [w.watched.site_id for w in watches],
                [msgspec.json.encode(w.snapshot()).decode() for w in watches],
            )
        self._list.dirty.difference_update(rule_ids)
        self._list.aged.difference_update(rule_ids)


_SAVE = """
INSERT INTO rule_state(rule_id, site_id, state, updated_at)
SELECT rule, site, CAST(state AS jsonb), now()
FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS s(rule, site, state)
ON CONFLICT (rule_id) DO UPDATE SET state = EXCLUDED.state, updated_at = EXCLUDED.updated_at
"""


def _occurrence(found: Found) -> Occurrence:
    watched, change = found.watched, found.change
    limit = limit_of(watched.rule.parameters, change.limit)
    title = alarm_title(watched.rule.parameters, change.limit, change.value, change.limit_value, watched.named)
    return Occurrence(
        site_id=watched.site_id,
        condition_key=watched.key(change.limit),
        kind=watched.kind,
        level=Level(limit.level) if limit and limit.level else watched.level,
        title=title.zh,
        title_en=title.en,
        rule_id=watched.id,
        rule_version=watched.version,
        limit_name=change.limit,
        warning=watched.warning,
        latched=watched.latched,
        value=change.value,
        limit_value=change.limit_value,
        point_id=found.point_id,
        equipment_id=watched.equipment_id,
        area_id=watched.area_id,
        reading_at=datetime.fromtimestamp(change.at, UTC),
    )


async def _placed(session: AsyncSession, found: Found, occurrence: Occurrence) -> Occurrence:
    """An alarm over many points is placed at the one that deviates most, and says what that one did if it is alone."""
    watched, change = found.watched, found.change
    if watched.point_id is not None or found.point_id is None:
        return occurrence
    place = await queries.place_of(session, found.point_id)
    occurrence = replace(occurrence, equipment_id=place.equipment_id, area_id=place.area_id)
    title = point_title(found.alone, change.value, change.limit_value, watched.named, place.named)
    return replace(occurrence, title=title.zh, title_en=title.en) if title else occurrence


def _continued(former: Watch | None, rule: WatchedRule, state: State) -> State:
    """The state to go on from: an edited rule of another kind or point starts anew."""
    if former is None or (former.watched.kind, former.watched.point_id) == (rule.kind, rule.point_id):
        return state
    return State()


def _active_limits(open_now: "list[queries.OpenCondition]") -> defaultdict[int, set[str]]:
    """Rule id → its conditions that have an active alarm."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    for condition in open_now:
        if condition.active:
            found[condition.rule_id].add(condition.limit_name)
    return found


def _agreeing(state: State, active: Set[str]) -> State:
    """``state`` with exactly those conditions active that have an active alarm."""
    if active == {name for name, condition in state.conditions.items() if condition.active}:
        return state
    names = active | set(state.conditions)
    known = {name: state.conditions.get(name, Condition(over=name in active)) for name in names}
    conditions = {n: Condition(c.over, c.since, n in active, c.value) for n, c in known.items()}
    return msgspec.structs.replace(state, conditions=conditions)


async def _return_unjudged(
    session: AsyncSession, in_force: dict[int, WatchedRule], open_now: "list[queries.OpenCondition]"
) -> None:
    """Alarms that no rule judges any more have returned, as far as AnSu can know."""
    for condition in open_now:
        rule = in_force.get(condition.rule_id)
        judged = limit_names(rule.kind, stored_form(rule.rule.parameters)) if rule else frozenset()
        if condition.active and not condition.out_of_service and condition.limit_name not in judged:
            log.info("alarm.no_longer_judged", rule_id=condition.rule_id, limit=condition.limit_name)
            await clear_alarm(session, condition.site_id, condition.condition_key, now())
