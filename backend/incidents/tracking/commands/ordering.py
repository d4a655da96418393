"""Taking production orders in: from rows that somebody pastes, or from a production system."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.incidents.tracking.models import ProductionOrder
from backend.incidents.tracking.ordering import OrderFacts, RefusedRow, read_rows
from backend.incidents.tracking.queries.orders import stages
from backend.plant.models import Stage

_REPLACED = ("product", "stage_id", "starts_at", "ends_at", "quantity", "unit", "set_by")


async def take_rows(session: AsyncSession, actor: Actor, typed: str) -> tuple[int, list[RefusedRow]]:
    """Take the rows that can be read; gives how many, and the others with why. The same rows again change nothing.

    Raises Forbidden.
    """
    require(actor, "incidents.policy")
    known = {stage.code: stage for stage in await stages(session, actor)}
    facts, refused = read_rows(typed, actor.zone, set(known))
    await keep_orders(session, actor, facts, known.values())
    return len(facts), refused


async def keep_orders(
    session: AsyncSession, actor: Actor, facts: Sequence[OrderFacts], known: Iterable[Stage]
) -> Sequence[ProductionOrder]:
    """Put orders in, each instead of what its number said before; of the same number the last counts. Gives them as
    they are kept. What is the same as before is left alone. Raises Forbidden.
    """
    require(actor, "incidents.policy")
    ids = {stage.code: stage.id for stage in known}
    rows = {
        one.number: {
            "site_id": actor.site_id,
            "number": one.number,
            "product": one.product,
            "stage_id": ids[one.stage],
            "starts_at": one.starts_at,
            "ends_at": one.ends_at,
            "quantity": one.quantity,
            "unit": one.unit,
            "set_by": actor.person_id,
        }
        for one in facts
    }
    wanted = select(ProductionOrder).where(visible(actor, ProductionOrder), col(ProductionOrder.number).in_(rows))
    before = {row.number: row for row in (await session.scalars(wanted)).all()}
    changed = [row for number, row in rows.items() if number not in before or _differs(before[number], row)]
    if not changed:
        return list(before.values())
    put = insert(ProductionOrder).values(changed)
    replaced = {name: put.excluded[name] for name in _REPLACED}
    await session.execute(put.on_conflict_do_update(index_elements=["site_id", "number"], set_=replaced))
    numbers = sorted(str(row["number"]) for row in changed)
    await record_change(session, actor, "production.orders", "site", actor.site_id, {"numbers": [None, numbers]})
    return (await session.scalars(wanted.execution_options(populate_existing=True))).all()


def _differs(before: ProductionOrder, row: Mapping[str, object]) -> bool:
    return any(getattr(before, name) != row[name] for name in _REPLACED if name != "set_by")


async def remove_order(session: AsyncSession, actor: Actor, order_id: int) -> None:
    """Take an order out. Raises Forbidden; NotFound."""
    require(actor, "incidents.policy")
    row = await get_visible(session, actor, ProductionOrder, order_id)
    await session.delete(row)
    await record_change(
        session, actor, "production.orders", "production_order", order_id, {"number": [row.number, None]}
    )
