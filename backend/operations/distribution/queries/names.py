"""What stages, areas, teams, posts and causes are called."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.models import Post, Team
from backend.identity.permissions import visible
from backend.incidents.history.queries.names import Named, Places, causes_called, places

__all__ = ["Known", "Named", "causes_of", "known"]


@dataclass(frozen=True)
class Known:
    """All places, teams and posts of the site."""

    places: Places
    teams: Sequence[Team]
    posts: Sequence[Post]

    def called(self, parameter: str, id_: object) -> Named | None:
        """What the thing that a parameter names is called; None where there is no such."""
        if parameter in {"stage", "area", "equipment"}:
            return self.places.called(parameter, id_)
        things: Sequence[Any] = self.teams if parameter == "team" else self.posts
        return next((Named(one.name, one.name_en) for one in things if str(one.id) == str(id_)), None)


async def known(session: AsyncSession, actor: Actor) -> Known:
    """What facts can lie at."""
    teams = await session.scalars(select(Team).where(visible(actor, Team)).order_by(col(Team.code)))
    posts = await session.scalars(select(Post).where(visible(actor, Post)).order_by(col(Post.code)))
    return Known(await places(session, actor), teams.all(), posts.all())


async def causes_of(session: AsyncSession, actor: Actor, codes: Iterable[str], all_known: Known) -> Mapping[str, Named]:
    """What causes are called, by code."""
    return await causes_called(session, actor, codes, all_known.places)
