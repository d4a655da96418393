"""What a scanned label proves of a check-in."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.actor import Actor
from backend.labels.queries import labelled


async def proven_label(
    session: AsyncSession, actor: Actor, token: str, *, equipment_id: int | None, area_id: int | None
) -> int | None:
    """Id of the live label with this token, if it is the place's own; None proves nothing."""
    label = await labelled(session, actor, token) if token else None
    if label is None or (label.equipment_id, label.area_id) != (equipment_id, area_id):
        return None
    return label.id
