"""Causes of the library by the key that a trace gives them: ``equipment:3/valve.sticking``."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.plant.models import Equipment
from backend.tracing.library.catalogue import Library, in_force
from backend.tracing.library.models import CauseLibrary
from backend.tracing.library.telling import REST


def place_of(key: str) -> str:
    """The node at which a cause lies: ``equipment:3`` of ``equipment:3/valve.sticking``; a node is its own place."""
    return key.partition("/")[0]


def is_library_key(key: str) -> bool:
    """Whether a key names a cause of the library at some place, and not a place alone."""
    return "/" in key


def listed(result: Mapping[str, Any]) -> set[str]:
    """Keys of the causes that a stored trace ranks by all evidence together."""
    return {one["key"] for one in result.get("fused", []) if one["key"] != REST}


async def titles_of(session: AsyncSession, actor: Actor, keys: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Chinese and English title of each of these causes, without its place; one that the site's library no longer
    holds is called by its library key. Keys of nodes are passed over."""
    wanted = {key: key.partition("/")[2] for key in keys if is_library_key(key)}
    if not wanted:
        return {}
    library = await _library(session, actor)
    named = {key: library.titled(library_key) for key, library_key in wanted.items()}
    return {key: (one.title, one.title_en) if one else (wanted[key],) * 2 for key, one in named.items()}


async def can_be(session: AsyncSession, actor: Actor, key: str) -> bool:
    """Whether such a cause can be at equipment of the actor's site, by the library in force."""
    kind, _, number = place_of(key).partition(":")
    if not is_library_key(key) or kind != "equipment" or not number.isdecimal() or int(number) not in range(1, 2**63):
        return False
    about = await session.scalar(
        select(col(Equipment.equipment_class)).where(visible(actor, Equipment), col(Equipment.id) == int(number))
    )
    return about is not None and (await _library(session, actor)).fits(key.partition("/")[2], about)


async def _library(session: AsyncSession, actor: Actor) -> Library:
    newest = select(col(CauseLibrary.edits)).where(visible(actor, CauseLibrary))
    return in_force(await session.scalar(newest.order_by(col(CauseLibrary.version).desc()).limit(1)))[0]
