"""Which accident is likely at a place: asked here of whoever knows, told by parts that stand above hazards (risk
points). So the pages of reports and incidents suggest a type without knowing what a risk point is.
"""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession

from backend.hazards.accidents import Likely
from backend.identity.actor import Actor

Teller = Callable[[AsyncSession, Actor, int | None, int | None], Awaitable[Likely | None]]
"""What is likely at equipment or in an area, by their ids; None where it knows none."""
_tellers: list[Teller] = []


def ask(teller: Teller) -> None:
    """Have ``teller`` asked whenever a type is to be suggested; a second time changes nothing."""
    if teller not in _tellers:
        _tellers.append(teller)


async def likely_at(
    session: AsyncSession, actor: Actor, equipment_id: int | None, area_id: int | None
) -> Likely | None:
    """The type that is suggested there; None where nobody knows one that clearly leads."""
    if equipment_id is None and area_id is None:
        return None
    for teller in _tellers:
        if (found := await teller(session, actor, equipment_id, area_id)) is not None:
            return found
    return None
