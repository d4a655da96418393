"""Makes a site and fills it, part by part, in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.database import driver_connection
from backend.identity.models import Site
from scripts.years.alarming import alarm
from scripts.years.breaking import break_out
from scripts.years.inspecting import inspect
from scripts.years.ledger import Ledger
from scripts.years.lessons import learn
from scripts.years.people import hire, post_people
from scripts.years.plant import build
from scripts.years.raising import raise_all
from scripts.years.reading import read
from scripts.years.rectifying import rectify
from scripts.years.rhythm import Span
from scripts.years.risking import grade_all
from scripts.years.size import Size
from scripts.years.teaching import teach
from scripts.years.upkeep import maintain
from scripts.years.weather import blow

ZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class Wanted:
    """What is asked for. ``until``: the end of the time, UTC; the same ``seed`` and ``until`` give the same rows."""

    code: str
    years: float
    seed: int
    until: datetime
    scale: float = 1.0
    read_points: int = 200
    read_days: int = 90
    password_hash: str = "-"
    """Of everybody; one that no password fits, if nobody is to sign in."""

    @property
    def size(self) -> Size:
        """How much that is. Raises ValueError."""
        return Size.of(self.years, self.scale, self.read_points, self.read_days)

    @property
    def span(self) -> Span:
        """The time that is filled."""
        until = self.until.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return Span(until - timedelta(hours=round(self.years * 8766)), until, ZoneInfo(ZONE), self.seed)


class Taken(Exception):
    """A site of that code is there already: it isn't touched."""


async def fill(session: AsyncSession, wanted: Wanted, tell: Callable[[str], None] = print) -> dict[str, int]:
    """Make the site in the caller's transaction; gives how many rows each table got. Raises Taken."""
    if await session.scalar(select(col(Site.id)).where(col(Site.code) == wanted.code)):
        raise Taken(wanted.code)
    size, span = wanted.size, wanted.span
    name = f"生成的样例工厂（{wanted.years:g} 年）"
    site = Site(code=wanted.code, name=name, name_en=f"Generated sample, {wanted.years:g} years", sample=True)
    site.created_at = span.since
    session.add(site)
    await session.flush()
    ledger = Ledger(await driver_connection(session), site.id)
    tell("people, plant")
    crew = await hire(ledger, span, size, wanted.code, wanted.password_hash)
    plant = await build(ledger, span, size, crew.posts, crew.teams)
    await post_people(ledger, span, crew, {place.post: place.team for place in plant.places})
    temperature = await blow(ledger, span)
    await teach(ledger, span, crew)
    kept = await maintain(ledger, span, plant, crew)
    tell("rounds")
    rounds = await inspect(ledger, span, plant, crew, size.visits)
    tell("alarms")
    raised = raise_all(span, plant, temperature, size.alarms)
    alarms = await alarm(ledger, span, plant, crew, raised, size.alarms)
    tell("rectifications, incidents")
    await rectify(ledger, span, plant, crew, rounds, alarms, size.rectifications)
    over = await break_out(ledger, span, crew, rounds, alarms, size.incidents)
    await grade_all(ledger, span, plant, crew, rounds, kept, over, size.risk_points)
    await learn(ledger, span, plant, crew)
    tell("readings")
    readings = await read(session, ledger, span, plant, size.read_points, size.read_days)
    await ledger.close()
    return {**ledger.written, "reading": readings}
