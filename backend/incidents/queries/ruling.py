"""The site's rules for opening incidents, as people see them."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import visible
from backend.incidents.models import IncidentPolicy
from backend.incidents.policy import Policy
from backend.incidents.queries.standing import policy_from

MOST_VERSIONS = 20


async def policy_versions(session: AsyncSession, actor: Actor) -> tuple[Policy, list[tuple[IncidentPolicy, Person]]]:
    """The rules in force, and the last versions with who set them, the newest first."""
    rows = (
        await session.execute(
            select(IncidentPolicy, Person)
            .join(Person, col(Person.id) == col(IncidentPolicy.set_by))
            .where(visible(actor, IncidentPolicy))
            .order_by(col(IncidentPolicy.version).desc())
            .limit(MOST_VERSIONS)
        )
    ).all()
    return policy_from(rows[0][0] if rows else None), [(row, person) for row, person in rows]
