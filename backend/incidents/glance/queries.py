"""What the page of an incident says without being unfolded, asked for in one go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.actor import Actor
from backend.incidents.queries.listing import Card
from backend.incidents.response.models import Cordon
from backend.incidents.response.queries.cordons import cordons_standing
from backend.incidents.response.queries.plans import Progress, progress
from backend.incidents.response.queries.posts import posts_of
from backend.incidents.response.queries.rolls import Roll, roll_of
from backend.incidents.review.queries import duty_count
from backend.incidents.tracking.models import IncidentPlume
from backend.incidents.tracking.queries.downstream import Stop, downstream
from backend.incidents.tracking.queries.people import people_inside
from backend.incidents.tracking.queries.plumes import stated_plume
from backend.incidents.tracking.queries.ways import follow
from backend.tracing.queries import PostThere


@dataclass(frozen=True)
class Spread:
    """How many pieces of equipment it has reached and will reach, and when the first of these (UTC); ``traced``: a
    trace says so, else nothing is known."""

    traced: bool
    arrived: int
    coming: int
    next_at: datetime | None
    people: int
    """Who may be inside, those left out whom another place saw last."""


@dataclass(frozen=True)
class Glance:
    """An incident as it stands at ``at`` (UTC)."""

    at: datetime
    card: Card
    roll: Roll | None
    plan: Progress
    posts: dict[int, PostThere]
    """The post that takes the next step, by id."""
    cordons: Sequence[Cordon]
    spread: Spread
    stops: Sequence[Stop]
    leak: IncidentPlume | None
    duties: int
    """Duties not done, as far as who looks may see them."""


async def glance(
    session: AsyncSession, actor: Actor, card: Card, now: datetime, *, spread: Spread | None = None
) -> Glance:
    """The incident of ``card`` as who looks may see it; ``spread``: if it is known already."""
    incident = card.incident
    plan = await progress(session, actor, incident)
    leak, _ = await stated_plume(session, actor, incident.id)
    return Glance(
        now,
        card,
        await roll_of(session, actor, incident.id),
        plan,
        await posts_of(session, actor, [plan.following[1]] if plan.following else []),
        await cordons_standing(session, actor, incident.id),
        spread or await spread_of(session, actor, card, now),
        await downstream(session, actor, incident, now),
        leak,
        await duty_count(session, actor, incident.id),
    )


async def spread_of(session: AsyncSession, actor: Actor, card: Card, now: datetime) -> Spread:
    """How far it has spread at ``now`` (UTC): figures alone, the same for all who see as much."""
    followed = await follow(session, actor, card, now)
    until = card.incident.closed_at or now
    people = await people_inside(session, actor, followed.equipment_ids, followed.area_ids, until)
    coming = followed.way.coming if followed.way else []
    return Spread(
        traced=followed.way is not None,
        arrived=len(followed.way.arrived) if followed.way else 0,
        coming=len(coming),
        next_at=min((one.arrival_at for one in coming), default=None),
        people=sum(not one.elsewhere for one in people),
    )
