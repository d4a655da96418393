"""Looks on site as people see them: with names and photos; those that wait for somebody."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, cast, exists, func, or_, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.statements import among
from backend.identity.actor import Actor
from backend.identity.models import Post, PostHolder
from backend.identity.permissions import made_once, visible
from backend.identity.scoping import get_visible
from backend.tracing.checks.patience import ASKED_FOR
from backend.tracing.models import Trace, TraceCheck, TraceCheckPhoto
from backend.tracing.queries import NodeName, PersonName, node_names, people_by_id


@dataclass(frozen=True)
class CheckView:
    """A look on site: the check, its place by name, the post, who asked and who answered, its photos."""

    check: TraceCheck
    node: NodeName
    post: Post | None
    asked_by: PersonName | None
    answered_by: PersonName | None
    photos: Sequence[TraceCheckPhoto] = ()

    @property
    def is_told(self) -> bool:
        """Whether it stands among the looks of its trace: not what the trace asks and nobody has answered."""
        return self.check.asked_by is not None or self.check.answered_at is not None


def may_answer(actor: Actor, check: TraceCheck) -> bool:
    """Who holds the post it was sent to; anybody who leads may, too."""
    return check.post_id in actor.post_ids or actor.can("traces.confirm")


def still_wanted() -> ColumnElement[bool]:
    """Of looks joined with their traces, those that somebody still wants: what a leader asked for; what the trace
    itself asks as long as it is among its present questions, for a day."""
    key = func.jsonb_build_object("key", col(TraceCheck.question))
    present = func.jsonb_path_exists(
        col(Trace.result), cast("$.fused[*].questions[*] ? (@.key == $key)", JSONPATH), key
    )
    lately = col(TraceCheck.created_at) > func.now() - ASKED_FOR
    return or_(col(TraceCheck.asked_by).is_not(None), and_(lately, present))


async def checks_of(session: AsyncSession, actor: Actor, trace_id: int) -> list[CheckView]:
    """Of a trace, the newest first."""
    return await _views(session, actor, col(TraceCheck.trace_id) == trace_id)


async def check_view(session: AsyncSession, actor: Actor, check_id: int) -> CheckView:
    """One look on site. Raises NotFound for another site's."""
    await get_visible(session, actor, TraceCheck, check_id)
    return (await _views(session, actor, col(TraceCheck.id) == check_id))[0]


async def checks_to_do(session: AsyncSession, actor: Actor) -> list[CheckView]:
    """Open looks on site that were sent to a post that the actor holds, or to nobody in particular if they lead."""
    return await _as_views(session, actor, (await session.execute(select_to_do(actor))).all())


@made_once
def select_to_do(actor: Actor) -> Any:
    """The statement of ``checks_to_do``."""
    sent: ColumnElement[bool] = among(col(TraceCheck.post_id), actor.post_ids)
    if actor.can("traces.confirm"):
        held = exists().where(
            visible(actor, PostHolder),
            col(PostHolder.post_id) == col(TraceCheck.post_id),
            col(PostHolder.until).is_(None),
        )
        sent = or_(sent, ~held)
    wanted = (
        select(col(Trace.id)).where(visible(actor, Trace), col(Trace.id) == col(TraceCheck.trace_id), still_wanted())
    ).exists()
    return _listed(actor, col(TraceCheck.answered_at).is_(None) & sent & wanted)


async def check_photo(session: AsyncSession, actor: Actor, photo_id: int) -> TraceCheckPhoto:
    """A photo of a look on site. Raises NotFound for another site's."""
    return await get_visible(session, actor, TraceCheckPhoto, photo_id)


async def _views(session: AsyncSession, actor: Actor, which: ColumnElement[bool]) -> list[CheckView]:
    return await _as_views(session, actor, (await session.execute(_listed(actor, which))).all())


def _listed(actor: Actor, which: ColumnElement[bool]) -> Any:
    return (
        select(TraceCheck, Post)
        .outerjoin(Post, (col(Post.id) == col(TraceCheck.post_id)) & visible(actor, Post))
        .where(visible(actor, TraceCheck), which)
        .order_by(col(TraceCheck.id).desc())
        .limit(100)
    )


async def _as_views(session: AsyncSession, actor: Actor, rows: Sequence[Any]) -> list[CheckView]:
    if not rows:
        return []
    names = await node_names(session, actor, {check.node for check, _ in rows})
    people = await people_by_id(
        session, actor, {id_ for check, _ in rows for id_ in (check.asked_by, check.answered_by) if id_}
    )
    photos = (
        await session.scalars(
            select(TraceCheckPhoto)
            .where(
                visible(actor, TraceCheckPhoto),
                col(TraceCheckPhoto.check_id).in_([check.id for check, _ in rows]),
            )
            .order_by(col(TraceCheckPhoto.id))
        )
    ).all()
    return [
        CheckView(
            check,
            names.get(check.node) or NodeName(check.node, check.node, check.node, ""),
            post,
            people.get(check.asked_by or 0),
            people.get(check.answered_by or 0),
            [photo for photo in photos if photo.check_id == check.id],
        )
        for check, post in rows
    ]
