"""All figures of alarm load for a period and a part of the site, each with its target and verdict."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.identity.actor import Actor
from backend.operations.alarmload import figures
from backend.operations.alarmload.figures import Flood, Rate, Window
from backend.operations.alarmload.queries import load as queries
from backend.operations.alarmload.queries.load import Asked, Which, Within, Worst

PERIODS = {
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
}
USUAL = "7d"
_CELLS = {
    "24h": timedelta(minutes=10),
    "7d": timedelta(hours=1),
    "30d": timedelta(hours=6),
    "90d": timedelta(days=1),
}
"""How long a cell of the drawing is; it shows the fullest ten minutes in it."""


@dataclass(frozen=True)
class Cell:
    """A stretch of the drawing: alarms in it, and in its fullest ten minutes."""

    from_at: datetime
    to_at: datetime
    alarms: int
    fullest: int


@dataclass(frozen=True)
class Overview:
    """The figures. None stands where there is nothing to divide by."""

    asked: Asked
    operators: int
    operators_said: bool
    alarms: int
    rate: Rate
    floods: list[Flood]
    flooded: float | None
    stale: int
    chattering: int
    fleeting: int
    worst: list[Worst]
    share_of_worst: float | None
    split: dict[str, float] | None
    cells: list[Cell]

    @property
    def verdicts(self) -> dict[str, bool | None]:
        """Figure → whether it is within its target; None: no data, or too few alarms to say."""
        average = self.rate.average
        return {
            "average": None if average is None else average <= figures.MOST_PER_SLOT,
            "peak": self.rate.peak < figures.FLOOD_BEGINS,
            "flooded": None if self.flooded is None else self.flooded < figures.MOST_FLOODED,
            "stale": self.stale < figures.MOST_STALE,
            "chattering": self.chattering == 0,
            "worst": figures.worst_is_right(self.share_of_worst, self.alarms),
            "split": figures.split_is_right(self.split, self.alarms),
        }


def asked_of(period: str, within: str, *, at: datetime | None = None) -> Asked:
    """What an address asks for: ``period`` a key of ``PERIODS``, ``within`` like ``area:3``; else the usual ones."""
    until = at or now()
    kind, _, word = within.partition(":")
    known = kind in set(Within) and word.isascii() and word.isdigit() and len(word) < 19
    part = (Within(kind), int(word)) if known and kind != Within.SITE else (Within.SITE, None)
    return Asked(until - PERIODS.get(period, PERIODS[USUAL]), until, *part)


async def overview(session: AsyncSession, actor: Actor, asked: Asked, period: str) -> Overview:
    """The figures of what is ``asked`` for; ``period`` says how the drawing is divided."""
    operators, said = await queries.operators(session, actor, asked)
    window = Window(asked.from_at, asked.to_at, operators)
    counts = await queries.counts(session, actor, asked)
    worst = await queries.worst(session, actor, asked)
    floods = figures.floods(counts, window)
    alarms = sum(counts.values())
    return Overview(
        asked=asked,
        operators=operators,
        operators_said=said,
        alarms=alarms,
        rate=figures.rate(counts, window),
        floods=floods,
        flooded=figures.flooded(floods, window),
        stale=await queries.tally(session, actor, asked, Which.STALE),
        chattering=await queries.tally(session, actor, asked, Which.CHATTERING),
        fleeting=await queries.tally(session, actor, asked, Which.FLEETING),
        worst=worst,
        share_of_worst=figures.share_of_worst([one.raised for one in worst], alarms),
        split=figures.split(await queries.by_level(session, actor, asked)),
        cells=cells_of(counts, asked, _CELLS.get(period, _CELLS[USUAL]), actor.zone),
    )


def cells_of(counts: dict[datetime, int], asked: Asked, length: timedelta, zone: tzinfo) -> list[Cell]:
    """Cells over the whole period, empty ones too, counted from the first day's midnight in the site's zone."""
    begins = asked.from_at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    first = (asked.from_at - begins) // length
    last = (asked.to_at - begins) // length
    alarms, fullest = [0] * (last - first + 1), [0] * (last - first + 1)
    for slot, count in counts.items():
        place = min(max((slot - begins) // length - first, 0), last - first)
        alarms[place] += count
        fullest[place] = max(fullest[place], count)
    return [
        Cell(begins + length * (first + n), begins + length * (first + n + 1), alarms[n], fullest[n])
        for n in range(last - first + 1)
    ]
