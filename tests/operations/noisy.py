"""A pressure that flutters about its limit, with a rule that calls each time, for tests of alarm load."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.commands import Occurrence, clear_alarm, raise_alarm
from backend.alarms.models import AlarmRule, Level
from backend.core.clock import now
from backend.core.events import RAISED
from backend.identity.actor import Actor
from backend.identity.models import Role, Site
from backend.plant.models import Point
from backend.telemetry.partitions import ensure_partitions
from tests.factories import (
    actor_for,
    make_area,
    make_equipment,
    make_person,
    make_point,
    make_rule,
    make_site,
    make_team,
)

LIMIT = 100.0


@dataclass
class Noisy:
    """Ids and actors of the plant; ``begun`` is the moment of its first reading."""

    site_id: int
    area_id: int
    team_id: int
    point: Point
    rule: AlarmRule
    officer: Actor
    leader: Actor
    begun: datetime

    async def reads(self, session: AsyncSession, values: list[float], *, since: datetime, every_s: float = 10) -> None:
        """Store ``values`` as readings, one each ``every_s`` seconds."""
        moments = [since + timedelta(seconds=every_s * n) for n in range(len(values))]
        await ensure_partitions(session, sorted({one.date() for one in moments}))
        await session.execute(
            text(
                "INSERT INTO reading(site_id, point_id, at, value, quality, received_at) "
                "VALUES (:site, :point, :at, :value, 0, :at)"
            ),
            [
                {"site": self.site_id, "point": self.point.id, "at": at, "value": value}
                for at, value in zip(moments, values, strict=True)
            ],
        )

    async def raised(self, session: AsyncSession, at: datetime, *, back: datetime | None = None, **fields: Any) -> int:
        """An alarm of the rule as ingest raises it at ``at``, gone again at ``back``."""
        values: dict[str, Any] = {
            "site_id": self.site_id, "condition_key": f"{self.rule.id}:H", "kind": "threshold", "level": Level.GENERAL,
            "title": "压力高", "title_en": "Pressure high", "rule_id": self.rule.id, "limit_name": "H",
            "point_id": self.point.id, "area_id": self.area_id, "reading_at": at,
        }  # fmt: skip
        id_ = await raise_alarm(session, Occurrence(**(values | fields)))
        if back is not None:
            key = str(fields.get("condition_key", values["condition_key"]))
            await clear_alarm(session, self.site_id, key, max(back, now()))
        await session.execute(
            text(
                "UPDATE alarm SET raised_at = :at, last_raised_at = :at, returned_at = :back, "
                "acknowledged_at = NULL WHERE id = :id"
            ),
            {"id": id_, "at": at, "back": back},
        )
        await session.execute(
            text(
                f"UPDATE event SET at = :at WHERE id = (SELECT max(id) FROM event WHERE subject_id = :id AND {RAISED})"
            ),
            {"id": id_, "at": at},
        )
        return id_


async def make_noisy(session: AsyncSession, site: Site | None = None) -> Noisy:
    """Forty flutters about H 100 (99 and 101 by turns, 10 s each, five times), calm between them; then a true rise.
    On a site of its own unless one is given."""
    site = site or await make_site(session)
    team = await make_team(session, site)
    area = await make_area(session, site, team)
    equipment = await make_equipment(session, site, area)
    point = await make_point(session, site, equipment, range_low=0.0, range_high=200.0)
    rule = await make_rule(
        session, site, point, parameters={"limits": {"H": {"value": LIMIT, "level": ""}}}, deadband=0.0
    )
    officer = await make_person(session, site, Role.SAFETY_OFFICER)
    leader = await make_person(session, site, Role.LEADER, team)
    begun = now() - timedelta(hours=6)
    noisy = Noisy(
        site.id, area.id, team.id, point, rule, await actor_for(session, officer), await actor_for(session, leader),
        begun,
    )  # fmt: skip
    calm, flutter = [95.0] * 6, [99.0, 101.0] * 5
    await noisy.reads(session, (calm + flutter + calm) * 40 + [110.0] * 90 + calm, since=begun)
    return noisy


FLUTTERS = 40 * 5
"""How often the rule calls for nothing; the true rise is one more."""


def rise_begins(noisy: Noisy) -> datetime:
    """When the true rise begins."""
    return noisy.begun + timedelta(seconds=40 * 220)
