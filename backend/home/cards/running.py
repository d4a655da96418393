"""Cards of daily running: alarm load, teams, what waits for a decision, duty, the newest report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.actor import Actor
from backend.operations.alarmload import figures
from backend.operations.alarmload.overview import asked_of
from backend.operations.alarmload.queries import load
from backend.operations.decisions.queries import Pick, Spending, decisions
from backend.operations.duty import queries as duty_queries
from backend.operations.indicators.asked import today_of
from backend.operations.indicators.queries.reading import WHOLE, Named, members, sums_by_member
from backend.operations.indicators.windows import DAY, Window

TOP = 3
CHECKED = "checked"
"""The measure of check-ins done in time, of those whose time is over."""


@dataclass(frozen=True)
class Load:
    """The last 24 hours. ``flooded``: share of the time in flood; ``alarms``: all that called."""

    alarms: int
    rate: figures.Rate
    flooded: float | None
    operators: int

    @property
    def good(self) -> bool:
        """Whether average and floods are within what people can bear (EEMUA 191, ISA-18.2)."""
        calm = self.rate.average is None or self.rate.average <= figures.MOST_PER_SLOT
        return calm and (self.flooded or 0.0) < figures.MOST_FLOODED


async def alarm_load(session: AsyncSession, actor: Actor) -> Load:
    """What people had to bear."""
    asked = asked_of("24h", "")
    operators, _ = await load.operators(session, actor, asked)
    window = figures.Window(asked.from_at, asked.to_at, operators)
    counts = await load.counts(session, actor, asked)
    flooded = figures.flooded(figures.floods(counts, window), window)
    return Load(sum(counts.values()), figures.rate(counts, window), flooded, operators)


@dataclass(frozen=True)
class TeamShare:
    """A team's check-ins of a day: ``done`` in time of ``due``, of those whose time is over."""

    team: Named
    done: int
    due: int


@dataclass(frozen=True)
class Teams:
    """The teams of ``day``, those that lack most first."""

    day: date
    teams: Sequence[TeamShare]


async def checkin_teams(session: AsyncSession, actor: Actor) -> Teams:
    """Today's check-ins by team, from the roll-up."""
    today = today_of(actor)
    sums = await sums_by_member(session, actor, WHOLE, [CHECKED], ["team"], Window(today, today + DAY))
    found = sums.get((CHECKED, "team"), {})
    names = {one.id: one for one in (await members(session, actor))["team"]} if found else {}
    shares = [TeamShare(names[id_], one.counted, one.base) for id_, one in found.items() if id_ in names]
    return Teams(today, sorted(shares, key=_lacking))


def _lacking(one: TeamShare) -> tuple[int, str]:
    return one.done - one.due, one.team.name


@dataclass(frozen=True)
class Waiting:
    """What is to be decided: how many, and what is worth most of it."""

    count: int
    picks: Sequence[Pick]
    spendings: Sequence[Spending]


async def to_decide(session: AsyncSession, actor: Actor) -> Waiting:
    """Rounds to walk at another pace, and open suggestions."""
    found = await decisions(session, actor)
    picks = found.hours.picks if found.hours else ()
    return Waiting(len(picks) + len(found.spendings), picks[:1], found.spendings[: TOP - len(picks[:1])])


@dataclass(frozen=True)
class Duty:
    """The month that runs: who found most, how many such finds, how many appeals wait for the actor."""

    month: date
    highlights: int
    best: Sequence[duty_queries.Brief]
    waiting: int


async def duty(session: AsyncSession, actor: Actor) -> Duty:
    """Highlights, not lapses: a first page praises."""
    month = duty_queries.present_month(actor)
    found = await duty_queries.of_month(session, actor, month)
    best = sorted((one for one in found if one.highlights), key=lambda one: -one.highlights)
    waiting = len(await duty_queries.to_answer(session, actor))
    return Duty(month, sum(one.highlights for one in found), best[:TOP], waiting)
