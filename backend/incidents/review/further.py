"""Further sections of a report, of parts that stand above the review: each adds its teller when its pages are made.

So the report shows a meeting without the review knowing what a meeting is.
"""

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.actor import Actor
from backend.incidents.review.blocks import Reader, Section

Teller = Callable[[AsyncSession, Actor, int, Reader], Awaitable[list[Section]]]
"""Sections about the incident with this id, as far as the actor may see them."""
_tellers: list[Teller] = []


def add_sections(teller: Teller) -> None:
    """Have ``teller`` asked whenever a report is read; a second time changes nothing."""
    if teller not in _tellers:
        _tellers.append(teller)


async def with_further(
    session: AsyncSession, actor: Actor, incident_id: int, reader: Reader, sections: Sequence[Section]
) -> list[Section]:
    """``sections`` of a report with the further ones before its remarks."""
    more = [section for teller in _tellers for section in await teller(session, actor, incident_id, reader)]
    remarks = [section for section in sections if section.key == "remarks"]
    return [*(section for section in sections if section.key != "remarks"), *more, *remarks]
