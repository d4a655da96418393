"""Whether what a form refers to is there for the actor."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import N_, Invalid
from backend.core.tables import SiteScoped
from backend.identity.actor import Actor
from backend.identity.permissions import visible


async def check_there(
    session: AsyncSession, actor: Actor, asked: Mapping[str, tuple[type[SiteScoped], int | None]]
) -> None:
    """Raises Invalid by field for an id that is none of the actor's. ``asked``: field to table and id, None is fine."""
    wanted = {field: (model, id_) for field, (model, id_) in asked.items() if id_ is not None}
    if not wanted:
        return
    parts = []
    for field, (model, id_) in wanted.items():
        key: Any = model.id  # type: ignore[attr-defined]
        parts.append(select(col(key)).where(visible(actor, model), col(key) == id_).scalar_subquery().label(field))
    found = (await session.execute(select(*parts))).one()._mapping
    missing = {field: N_("没有找到，请重新选择") for field in wanted if found[field] is None}
    if missing:
        raise Invalid(fields=missing)
