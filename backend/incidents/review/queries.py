"""Reviews as people see them: the report in its versions; of duties not done a worker their own, who leads all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import NotFound
from backend.core.statements import alias_of
from backend.identity.actor import Actor
from backend.identity.models import Person, Post
from backend.identity.permissions import made_once, visible
from backend.identity.scoping import get_visible
from backend.incidents.models import Incident, IncidentState
from backend.incidents.queries.listing import Card, card
from backend.incidents.review.lapses import Times, late_s
from backend.incidents.review.models import IncidentReview, Lapse, LapseKind, LapseReply
from backend.plant.models import Equipment

MOST_WAITING = 20
MOST_VERSIONS = 50


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


@dataclass(frozen=True)
class Edition:
    """That there is a version, from when and by whom; None: the system wrote it."""

    version: int
    made_at: datetime
    author: Person | None


@dataclass(frozen=True)
class Report:
    """One version of a report, and all there are, the newest first. ``shown`` None: there is none yet."""

    card: Card
    shown: IncidentReview | None
    editions: Sequence[Edition]

    @property
    def newest(self) -> bool:
        """Whether the newest version is shown."""
        return self.shown is None or self.shown.version == self.editions[0].version


async def report(session: AsyncSession, actor: Actor, incident_id: int, version: int | None = None) -> Report:
    """The newest version, or the one asked for. Raises NotFound, also for one of another site or no such version."""
    of = await card(session, actor, incident_id)
    found = await session.execute(
        select(col(IncidentReview.version), col(IncidentReview.made_at), Person)
        .outerjoin(Person, col(Person.id) == col(IncidentReview.author_id))
        .where(visible(actor, IncidentReview), col(IncidentReview.incident_id) == incident_id)
        .order_by(col(IncidentReview.version).desc())
        .limit(MOST_VERSIONS)
    )
    editions = [Edition(*row) for row in found]
    shown = await newest_of(session, actor, incident_id, version)
    if version is not None and shown is None:
        raise NotFound()
    return Report(of, shown, editions)


async def newest_of(
    session: AsyncSession, actor: Actor, incident_id: int, version: int | None = None
) -> IncidentReview | None:
    """The newest version, or the one asked for; None where there is no such."""
    numbered = [col(IncidentReview.version) == version] if version is not None else []
    found = await session.scalars(
        select(IncidentReview)
        .where(visible(actor, IncidentReview), col(IncidentReview.incident_id) == incident_id, *numbered)
        .order_by(col(IncidentReview.version).desc())
        .limit(1)
    )
    return found.one_or_none()


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


async def duty_count(session: AsyncSession, actor: Actor, incident_id: int) -> int:
    """How many ``duties`` an incident has for the actor; 0 for one of another site."""
    counted = select(func.count()).select_from(Lapse)
    return await session.scalar(counted.where(visible(actor, Lapse), col(Lapse.incident_id) == incident_id)) or 0


async def to_answer(session: AsyncSession, actor: Actor) -> Sequence[Incident]:
    """Closed incidents with a duty of the actor's to which they haven't said anything yet, the newest first."""
    return (await session.scalars(select_to_answer(actor))).all()


@made_once
def select_to_answer(actor: Actor) -> Select[Any]:
    """The statement of ``to_answer``."""
    said = alias_of(LapseReply, "said")
    silent = select(col(Lapse.incident_id)).where(
        visible(actor, Lapse),
        col(Lapse.person_id) == actor.person_id,
        ~exists().where(said.lapse_id == col(Lapse.id)),
    )
    return (
        select(Incident)
        .where(visible(actor, Incident), col(Incident.state) == IncidentState.CLOSED, col(Incident.id).in_(silent))
        .order_by(col(Incident.id).desc())
        .limit(MOST_WAITING)
    )


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
