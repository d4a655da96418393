"""What many may share: counted or drawn once for everybody who sees as much of the site, and anew once it changed.

For pages that are the same for all leading people and cost more than a request may. What is made must not hold a
person's own things (a form's token, their name); tables narrowed by person for others than workers (duty) mustn't be
read for it.
"""

from collections.abc import Awaitable, Callable, Hashable
from typing import TypeVar

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.kept import kept_of
from backend.core.pages import locale_of
from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.identity.queries.standing import stands_at

_Value = TypeVar("_Value")


def sees(actor: Actor) -> Hashable:
    """What tells apart those who see unlike: two with the same see the same rows, but for a person's own duty."""
    own = (actor.person_id, actor.post_ids) if actor.role == Role.WORKER else ()
    return actor.site_id, actor.role, actor.team_id, actor.modules_off, own


async def shared(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    name: str,
    question: Hashable,
    make: Callable[[], Awaitable[_Value]],
) -> _Value:
    """What ``make`` gives for the ``question`` put to ``name``, made once for all who may see it in one language.

    A change that leaves neither event nor audit entry (an hour of weather, a deadline that passes) is seen within
    ``core.kept.KEPT_S``.
    """
    # Read before the rows: what changes in between is then kept under a word that nobody asks for again.
    key = (question, sees(actor), locale_of(request), await stands_at(session, actor))
    found: _Value = await kept_of(request, name).get(key, make)
    return found
