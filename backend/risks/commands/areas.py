"""Areas that a list of risk points names and the plant doesn't have yet: made as a person would make them."""

from collections.abc import Sequence
from itertools import count

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.plant.editing.commands.things import create
from backend.plant.models import Area


async def register_areas(session: AsyncSession, actor: Actor, names: Sequence[str]) -> None:
    """Add an area of each name, numbered Q-01 and on. Raises Forbidden for who may not edit the plant."""
    taken = set(await session.scalars(select(col(Area.code)).where(visible(actor, Area))))
    codes = (code for number in count(1) if (code := f"Q-{number:02d}") not in taken)
    for name, code in zip(names, codes, strict=False):
        await create(session, actor, "area", {"code": code, "name": name})
