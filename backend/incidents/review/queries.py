"""Duties not done as people see them: a worker their own, who leads all, each with what the person says to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.models import Person, Post
from backend.identity.permissions import visible
from backend.identity.scoping import get_visible
from backend.incidents.models import Incident, IncidentState
from backend.incidents.review.lapses import Times, late_s
from backend.incidents.review.models import Lapse, LapseKind, LapseReply
from backend.plant.models import Equipment

MOST_WAITING = 20


@dataclass(frozen=True)
class LapseView:
    """A duty not done with whose it was, and what was said to it, the first first. ``late_s``: seconds."""

    lapse: Lapse
    person: Person | None
    post: Post | None
    equipment: Equipment | None
    replies: Sequence[LapseReply]
    late_s: float
    own: bool
    """Whether it is the reader's own."""


@dataclass(frozen=True)
class Duties:
    """The duties not done that touch an incident, as far as the reader may see them, in the order of their kinds."""

    incident: Incident
    views: Sequence[LapseView]
    sees_all: bool

    def of(self, kind: LapseKind) -> list[LapseView]:
        """Those of one kind."""
        return [view for view in self.views if view.lapse.kind == kind]

    @property
    def kinds(self) -> list[LapseKind]:
        """The kinds that there are."""
        return [kind for kind in LapseKind if self.of(kind)]


async def duties(session: AsyncSession, actor: Actor, incident_id: int) -> Duties:
    """Those of one incident. Raises NotFound, also for one of another site."""
    incident = await get_visible(session, actor, Incident, incident_id)
    rows = (
        await session.execute(
            select(Lapse, Person, Post, Equipment)
            .outerjoin(Person, col(Person.id) == col(Lapse.person_id))
            .outerjoin(Post, col(Post.id) == col(Lapse.post_id))
            .outerjoin(Equipment, col(Equipment.id) == col(Lapse.equipment_id))
            .where(visible(actor, Lapse), col(Lapse.incident_id) == incident_id)
            .order_by(col(Lapse.due_at).desc(), col(Lapse.id))
        )
    ).all()
    replies = await _replies(session, actor, [lapse.id for lapse, *_ in rows])
    times = Times(incident.began_at, incident.opened_at)
    views = [
        LapseView(
            lapse,
            person,
            post,
            equipment,
            replies.get(lapse.id, []),
            late_s(lapse.due_at, lapse.done_at, times.of(LapseKind(lapse.kind))),
            lapse.person_id == actor.person_id,
        )
        for lapse, person, post, equipment in rows
    ]
    return Duties(incident, views, actor.can("incidents.lead"))


async def to_answer(session: AsyncSession, actor: Actor) -> Sequence[Incident]:
    """Closed incidents with a duty of the actor's to which they haven't said anything yet, the newest first."""
    said = aliased(LapseReply)
    silent = select(col(Lapse.incident_id)).where(
        visible(actor, Lapse),
        col(Lapse.person_id) == actor.person_id,
        ~exists().where(said.lapse_id == col(Lapse.id)),  # type: ignore[arg-type]
    )
    found = await session.scalars(
        select(Incident)
        .where(visible(actor, Incident), col(Incident.state) == IncidentState.CLOSED, col(Incident.id).in_(silent))
        .order_by(col(Incident.id).desc())
        .limit(MOST_WAITING)
    )
    return found.all()


async def _replies(session: AsyncSession, actor: Actor, lapse_ids: Sequence[int]) -> dict[int, list[LapseReply]]:
    found = await session.scalars(
        select(LapseReply)
        .where(visible(actor, LapseReply), col(LapseReply.lapse_id).in_(lapse_ids))
        .order_by(col(LapseReply.id))
    )
    by_lapse: dict[int, list[LapseReply]] = {}
    for reply in found:
        by_lapse.setdefault(reply.lapse_id, []).append(reply)
    return by_lapse
