"""Posts of a site as plans name them, and what an open incident asks of who holds them."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.models import Post, PostHolder
from backend.identity.permissions import made_once, visible
from backend.incidents.models import Incident
from backend.incidents.response.content import PlanStep
from backend.incidents.response.queries.plans import steps_of_posts
from backend.tracing.queries import PostThere, posts_held


async def site_posts(session: AsyncSession, actor: Actor) -> Sequence[Post]:
    """All posts of the site."""
    return (await session.scalars(select(Post).where(visible(actor, Post)).order_by(col(Post.id)))).all()


async def posts_of(session: AsyncSession, actor: Actor, steps: Iterable[PlanStep]) -> dict[int, PostThere]:
    """The posts that steps name, by id, with who holds each now."""
    wanted = {step.post_id for step in steps if step.post_id is not None}
    return await posts_held(session, actor, sorted(wanted)) if wanted else {}


async def own_steps(session: AsyncSession, actor: Actor) -> list[tuple[Incident, PlanStep]]:
    """What open incidents ask of the posts that the actor holds."""
    return await steps_of_posts(session, actor, set((await session.scalars(_held(actor))).all()))


@made_once
def _held(actor: Actor) -> Select[int]:
    return select(col(PostHolder.post_id)).where(
        visible(actor, PostHolder), col(PostHolder.person_id) == actor.person_id, col(PostHolder.until).is_(None)
    )
