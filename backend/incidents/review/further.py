"""What parts that stand above the review add to a report when their pages are made: sections, and what to do before it
is read. So the report shows a meeting without the review knowing what a meeting is.
"""

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.actor import Actor
from backend.incidents.review.blocks import Reader, Section

Teller = Callable[[AsyncSession, Actor, int, Reader], Awaitable[list[Section]]]
"""Sections about the incident with this id, as far as the actor may see them."""
Asker = Callable[[AsyncSession, Actor, int], Awaitable[bool]]
"""Whether the actor is asked to judge the incident with this id by themselves before they read its report."""
_tellers: list[Teller] = []
_askers: list[Asker] = []


def add_sections(teller: Teller) -> None:
    """Have ``teller`` asked whenever a report is read; a second time changes nothing."""
    if teller not in _tellers:
        _tellers.append(teller)


def ask_before(asker: Asker) -> None:
    """Have ``asker`` asked whenever a report's page is opened; a second time changes nothing."""
    if asker not in _askers:
        _askers.append(asker)


async def judges_first(session: AsyncSession, actor: Actor, incident_id: int) -> bool:
    """Whether the actor is asked for their own judgement before they read the report."""
    return any([await asker(session, actor, incident_id) for asker in _askers])


async def with_further(
    session: AsyncSession, actor: Actor, incident_id: int, reader: Reader, sections: Sequence[Section]
) -> list[Section]:
    """``sections`` of a report with the further ones before its remarks."""
    more = [section for teller in _tellers for section in await teller(session, actor, incident_id, reader)]
    remarks = [section for section in sections if section.key == "remarks"]
    return [*(section for section in sections if section.key != "remarks"), *more, *remarks]
