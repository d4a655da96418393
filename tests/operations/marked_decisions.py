"""Decisions of an estate (tests/identity/estate.py): a round of looking."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.operations.decisions.models import DecisionRound
from tests.factories import made


async def make_marked_decisions(session: AsyncSession, site_id: int, mark: str) -> dict[str, int]:
    """Gives ids by path parameter."""
    law = {"rate": 0.1, "shape": 1.0, "failures": 0, "units": 2, "p": None, "wears": False, "renewals": 0}
    one = DecisionRound(site_id=site_id, weeks=26, rounds=[], classes=[{"name": mark, **law}])
    return {"decision_round_id": (await made(session, one)).id}
