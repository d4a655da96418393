"""What taking in would do now: the very steps of it, on the oldest messages, without writing anything."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.database import driver_connection
from backend.identity.actor import Actor
from backend.telemetry.assembly import Assembly, Opened, unknown_codes
from backend.telemetry.cleaning import PointMemory
from backend.telemetry.formats import Micros
from backend.telemetry.plant_map import KnownSite, PlantMap
from backend.telemetry.retake.again import Held, read_again, take
from backend.telemetry.retake.memories import memories_before
from backend.telemetry.retake.queries import Wish, some_held
from backend.telemetry.storage import stored_already

TRIED = 2_000
"""Messages that a preview reads; of more it says so."""


@dataclass
class Trial:
    """What came of ``messages`` tried: values that would be new, that are there, and that stay refused by cause."""

    messages: int = 0
    new: int = 0
    there: int = 0
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    first: Held | None = None
    """The oldest of them, to be shown."""


async def site_and_plant(session: AsyncSession, site_id: int) -> tuple[KnownSite, PlantMap]:
    """The site, and a plant that knows all sites and no point yet."""
    plant = PlantMap()
    await plant.load_sites(session)
    return next(site for site in plant.sites.values() if site.id == site_id), plant


async def open_all(session: AsyncSession, held: Sequence[Held], site: KnownSite, plant: PlantMap) -> list[Opened]:
    """All of ``held`` decoded, and ``plant`` made to know their points and what cleaning remembered of them then."""
    opened = [read_again(one, plant, site) for one in held]
    values = [value for one in opened for value in one.content.values]
    await plant.load_points(session, site.id, {value.code for value in values} | {v.alias for v in values if v.alias})
    return opened


async def remember(
    session: AsyncSession, plant: PlantMap, first: Micros, kept: dict[str, dict[str, object]] | None = None
) -> None:
    """Give each point of ``plant`` the memory it had at ``first``: of the step before (``kept``), else the last one of
    before, if nothing has come since."""
    points = list(plant.points.values())
    before = await memories_before(session, [point.id for point in points], first)
    for point in points:
        point.memory = PointMemory((kept or {}).get(str(point.id)) or before.get(point.id))


async def try_again(session: AsyncSession, actor: Actor, wish: Wish) -> Trial:
    """What would become of the oldest messages that ``wish`` is about."""
    held = await some_held(session, actor, wish, most=TRIED)
    if not held:
        return Trial()
    site, plant = await site_and_plant(session, actor.site_id)
    opened = await open_all(session, held, site, plant)
    await remember(session, plant, held[0].received)
    for _, code in unknown_codes(opened, plant):
        if not plant.suppose(site.id, code):
            break
    assembly = Assembly(plant)
    refused: Counter[tuple[str, str]] = Counter()
    for one, message in zip(held, opened, strict=True):
        for part in take(one, message, assembly).refused:
            refused[part.reason, part.code] += part.parts
    rows = [row for row in (*assembly.fresh, *assembly.doubtful) if row.point_id > 0]
    there = len(await stored_already(await driver_connection(session), rows)) if rows else 0
    stored = sum(tally.stored for tally in assembly.tallies.values())
    repeated = sum(tally.duplicate for tally in assembly.tallies.values())
    return Trial(len(held), stored - there, there + repeated, refused, held[0])
