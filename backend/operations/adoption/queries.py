# ruff: noqa: S608 - statements are put together from our own pieces; values are parameters
"""What the page of adoption rests on. Weeks of people are the very rows that the indicator counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.models import SENT_AT_ONCE
from backend.core.clock import now
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import visible
from backend.operations.adoption.advising import Phones
from backend.operations.adoption.assessing import ANSWERED, CLEAN, Rule
from backend.operations.adoption.models import AdoptionRule
from backend.operations.indicators.figures import Figure, figure
from backend.operations.indicators.queries.adoption_facts import ACTIVE as WEEKS_OF_PEOPLE
from backend.operations.indicators.queries.reading import WHOLE, own_team, sums_by_step
from backend.operations.indicators.registry import MEASURES
from backend.operations.indicators.windows import DAY, Window, begin

WEEKS = 12
JUDGED_WEEKS = 4
UNUSED_AFTER = timedelta(days=14)
PHONE_WITHIN = timedelta(days=90)
MOST_NAMES = 50

_OWN_TEAM = "(CAST(:team AS bigint) IS NULL OR p.team_id = :team)"
_USE = f"""
SELECT ((f.at AT TIME ZONE :zone)::date - 6) AS monday, p.role, COALESCE(p.team_id, 0) AS team_id,
    sum(f.counted) AS active, count(*) AS assigned
FROM (SELECT CAST(:since AS timestamptz) AS since, CAST(:until AS timestamptz) AS until) AS run
CROSS JOIN LATERAL ({WEEKS_OF_PEOPLE}) f JOIN person p ON p.id = f.id AND p.site_id = :site
WHERE {_OWN_TEAM} GROUP BY 1, 2, 3
"""
_THIS_WEEK = f"""
SELECT count(*) FILTER (WHERE EXISTS (SELECT FROM person_day d WHERE d.person_id = p.id AND d.day >= :monday)),
    count(*), (SELECT min(day) FROM person_day WHERE site_id = :site)
FROM person p WHERE p.site_id = :site AND p.active AND {_OWN_TEAM}
"""
_UNUSED = f"""
SELECT p.id, p.name, COALESCE(NULLIF(p.name_en, ''), p.name) AS name_en, p.role, t.name AS team,
    COALESCE(NULLIF(t.name_en, ''), t.name) AS team_en, last.day, count(*) OVER () AS all_of_them
FROM person p LEFT JOIN team t ON t.id = p.team_id
CROSS JOIN LATERAL (SELECT max(d.day) AS day FROM person_day d WHERE d.person_id = p.id) last
WHERE p.site_id = :site AND p.active AND p.created_at <= :before AND {_OWN_TEAM}
    AND (last.day IS NULL OR last.day < CAST(:since AS date)) AND NOT EXISTS (
        SELECT FROM duty_absence a WHERE a.site_id = :site AND a.person_id = p.id AND a.removed_at IS NULL
        AND :today BETWEEN a.from_on AND a.to_on)
ORDER BY last.day NULLS FIRST, p.id LIMIT :most
"""
_ENTRIES = f"""
SELECT e.kind, count(*) AS made, count(*) FILTER (WHERE e.later) AS later, count(DISTINCT e.person_id) AS people
FROM (
    SELECT 'checkin' AS kind, person_id, created_at - at > :at_once AS later FROM check_in
    WHERE site_id = :site AND at >= :since AND at < :until
    UNION ALL
    SELECT 'report', reporter_id, captured_at IS NOT NULL FROM hazard_report
    WHERE site_id = :site AND created_at >= :since AND created_at < :until AND origin = 'person'
    UNION ALL
    SELECT 'step', person_id, captured_at IS NOT NULL FROM rectification_entry
    WHERE site_id = :site AND created_at >= :since AND created_at < :until
) e JOIN person p ON p.id = e.person_id WHERE {_OWN_TEAM} GROUP BY e.kind
"""
_PHONES = f"""
SELECT p.role, count(*) AS people, count(*) FILTER (WHERE EXISTS (
    SELECT FROM login_session l WHERE l.person_id = p.id AND l.last_seen_at >= :since
    AND l.device ~ '(Mobile|Android|iPhone|iPad|HarmonyOS)')) AS with_phone
FROM person p WHERE p.site_id = :site AND p.active AND {_OWN_TEAM} GROUP BY p.role ORDER BY p.role
"""
_UNCLEAR = """
SELECT regexp_replace(page, '/[0-9]+(?=/|$)', '/…', 'g') AS page, count(*) FROM feedback
WHERE site_id = :site AND kind = 'unclear' AND page <> '' AND created_at >= :since GROUP BY 1
ORDER BY 2 DESC, 1 LIMIT 10
"""


@dataclass(frozen=True)
class Cell:
    """Of one week (from its Monday), role and team (0: none): ``active`` of ``assigned`` people used it."""

    monday: date
    role: str
    team_id: int
    active: int
    assigned: int


@dataclass(frozen=True)
class Absent:
    """Somebody who hasn't used it for two weeks; ``day``: when they last did, None: never since it is known."""

    id: int
    name: str
    name_en: str
    role: str
    team: str | None
    team_en: str | None
    day: date | None


@dataclass(frozen=True)
class Entries:
    """What people entered: ``made`` by ``people``, ``later`` of them kept by a phone until it had a network."""

    kind: str
    made: int
    later: int
    people: int


@dataclass(frozen=True)
class SoFar:
    """The week that goes on: ``active`` of ``assigned`` by now; ``known_since``: the first day anybody was seen."""

    active: int
    assigned: int
    known_since: date | None


def weeks_of(today: date, weeks: int = WEEKS) -> Window:
    """The last ``weeks`` whole weeks before the one of ``today``."""
    monday = today - timedelta(days=today.weekday())
    return Window(monday - 7 * weeks * DAY, monday)


async def use(session: AsyncSession, actor: Actor, window: Window) -> Sequence[Cell]:
    """Weeks of people within ``window``, by week, role and team; of a leader those of their team."""
    since, until = window.bounds(actor.zone)
    values = {**_of(actor), "zone": actor.time_zone, "since": since, "until": until, "as_of": now()}
    return [Cell(**row) for row in (await session.execute(text(_USE), values)).mappings()]


async def so_far(session: AsyncSession, actor: Actor, today: date) -> SoFar:
    """The week of ``today``."""
    monday = today - timedelta(days=today.weekday())
    return SoFar(*(await session.execute(text(_THIS_WEEK), {**_of(actor), "monday": monday})).one())


async def unused(session: AsyncSession, actor: Actor, today: date) -> tuple[Sequence[Absent], int]:
    """Who has an account and hasn't used it for two weeks, not on leave today: at most ``MOST_NAMES``, and how many."""
    since = today - UNUSED_AFTER
    values = {"since": since, "before": begin(since, actor.zone), "today": today, "most": MOST_NAMES}
    rows = (await session.execute(text(_UNUSED), {**_of(actor), **values})).mappings().all()
    people = [Absent(**{name: row[name] for name in Absent.__dataclass_fields__}) for row in rows]
    return people, rows[0]["all_of_them"] if rows else 0


async def entries(session: AsyncSession, actor: Actor, window: Window) -> Sequence[Entries]:
    """Check-ins, reports and steps of rectifications that people entered within ``window``."""
    since, until = window.bounds(actor.zone)
    values = {**_of(actor), "since": since, "until": until, "at_once": SENT_AT_ONCE}
    return [Entries(**row) for row in (await session.execute(text(_ENTRIES), values)).mappings()]


async def phones(session: AsyncSession, actor: Actor) -> Sequence[Phones]:
    """How many of each role have signed in on a phone lately."""
    values = {**_of(actor), "since": now() - PHONE_WITHIN}
    return [Phones(**row) for row in (await session.execute(text(_PHONES), values)).mappings()]


async def unclear_pages(session: AsyncSession, actor: Actor) -> Sequence[tuple[str, int]]:
    """Pages that people said they don't understand, with how often; for those who answer feedback."""
    if not actor.can("feedback.answer"):
        return []
    values = {"site": actor.site_id, "since": now() - PHONE_WITHIN}
    return [(page, times) for page, times in await session.execute(text(_UNCLEAR), values)]


async def other_factors(session: AsyncSession, actor: Actor, window: Window) -> Mapping[str, Figure]:
    """Figures of the factors besides use, from the roll-up of indicators, as far as they are measured."""
    known = [code for code in (CLEAN, ANSWERED) if code in MEASURES]
    sums = await sums_by_step(session, actor, WHOLE, known, [window])
    return {code: figure(MEASURES[code].kind, sums[code, 0]) for code in known if (code, 0) in sums}


async def rule_of(session: AsyncSession, actor: Actor) -> Rule:
    """How adoption is weighed now."""
    newest = select(AdoptionRule).where(visible(actor, AdoptionRule)).order_by(col(AdoptionRule.number).desc()).limit(1)
    row = await session.scalar(newest)
    return Rule(row.weights, row.good, row.fair) if row else Rule()


async def versions(session: AsyncSession, actor: Actor) -> Sequence[tuple[AdoptionRule, Person]]:
    """Every version with who set it, the newest first."""
    found = await session.execute(
        select(AdoptionRule, Person)
        .join(Person, col(Person.id) == col(AdoptionRule.set_by))
        .where(visible(actor, AdoptionRule))
        .order_by(col(AdoptionRule.number).desc())
    )
    return [(rule, person) for rule, person in found]


def _of(actor: Actor) -> dict[str, Any]:
    return {"site": actor.site_id, "team": own_team(actor)}


def local_day(actor: Actor, at: datetime) -> date:
    """The site's day of ``at``."""
    return at.astimezone(actor.zone).date()
