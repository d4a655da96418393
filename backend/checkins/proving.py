"""What a scanned label proves of a check-in."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.actor import Actor


async def proven_label(
    session: AsyncSession, actor: Actor, token: str, *, equipment_id: int | None, area_id: int | None
) -> int | None:
    """Id of the live label with this token, if it is the place's own; None proves nothing."""
    label = await _labelled(session, actor, token) if token else None
    if label is None or (label.equipment_id, label.area_id) != (equipment_id, area_id):
        return None
    return int(label.id)


async def _labelled(_session: AsyncSession, _actor: Actor, _token: str) -> Any:
    """The live label of the actor's site; ``backend.labels.queries.labelled`` where there are labels."""
    return None
