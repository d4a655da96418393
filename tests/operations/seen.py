"""People who used AnSu on days: what tests of adoption are made of."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import text

from backend.core.database import Database
from tests.incidents.scene import Scene

SHANGHAI = ZoneInfo("Asia/Shanghai")


async def joined(database: Database, scene: Scene, on: date) -> None:
    """Everybody of the scene has had an account since ``on``."""
    async with database.session() as session:
        at = datetime.combine(on, time(), SHANGHAI)
        await session.execute(
            text("UPDATE person SET created_at = :at WHERE site_id = :site"), {"at": at, "site": scene.site.id}
        )


async def seen(database: Database, scene: Scene, days: Mapping[str, Sequence[date]]) -> None:
    """Each of ``days`` (by name in the scene) on which they worked with AnSu, in the evening."""
    rows = [
        {"site": scene.site.id, "person": scene.people[name].person_id, "day": day}
        | {"at": datetime.combine(day, time(23, 30), SHANGHAI)}
        for name, listed in days.items()
        for day in listed
    ]
    async with database.session() as session:
        await session.execute(
            text(
                "INSERT INTO person_day(site_id, person_id, day, first_at, last_at) "
                "VALUES (:site, :person, :day, :at, :at)"
            ),
            rows,
        )
