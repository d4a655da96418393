"""What stages, areas, equipment, teams, posts and causes are called."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.models import Post, Team
from backend.identity.permissions import made_once, visible
from backend.incidents.history.queries.names import Named, causes_called
from backend.plant.models import Area, Equipment, Stage

__all__ = ["Known", "Named", "causes_of", "known"]


@dataclass(frozen=True)
class Known:
    """All stages, areas, equipment, teams and posts of the site, by what narrows to them and id; ids of the areas."""

    things: Mapping[tuple[str, str], Named]
    areas: Sequence[int]

    def called(self, kind: str, id_: object) -> Named | None:
        """What a thing is called; None where there is no such."""
        return self.things.get((kind, str(id_)))


async def known(session: AsyncSession, actor: Actor) -> Known:
    """What facts can lie at."""
    rows = (await session.execute(_named(actor))).all()
    things = {(kind, str(id_)): Named(name, name_en) for kind, id_, name, name_en in rows}
    return Known(things, sorted(id_ for kind, id_, *_ in rows if kind == "area"))


async def causes_of(session: AsyncSession, actor: Actor, codes: Iterable[str], all_known: Known) -> Mapping[str, Named]:
    """What causes are called, by code."""
    return await causes_called(session, actor, codes, all_known)


@made_once
def _named(actor: Actor) -> Select[Any]:
    """One statement for all: light rows, no objects."""
    kinds: dict[str, Any] = {"stage": Stage, "area": Area, "equipment": Equipment, "team": Team, "post": Post}
    parts = (
        select(literal(kind).label("kind"), col(one.id), col(one.name), col(one.name_en)).where(visible(actor, one))
        for kind, one in kinds.items()
    )
    return select(union_all(*parts).subquery("named"))
