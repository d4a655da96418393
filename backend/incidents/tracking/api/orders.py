"""Production orders for programs: a production system puts them, and asks which of them an incident stops."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, BaseModel, Field

from backend.core.clock import now
from backend.core.errors import N_, Invalid
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.queries.listing import card
from backend.incidents.tracking.commands import keep_orders
from backend.incidents.tracking.ordering import LONGEST_WORD, OrderFacts
from backend.incidents.tracking.queries.downstream import downstream
from backend.incidents.tracking.queries.orders import halted_orders, stages

router = APIRouter(prefix="/api/v1")
Word = Annotated[str, Field(min_length=1, max_length=LONGEST_WORD)]


class OrderIn(BaseModel):
    """What is to be made at a stage, named by its code, from ``starts_at`` to ``ends_at`` (with a zone)."""

    product: Word
    stage: Word
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    quantity: float = Field(gt=0, lt=1e12)
    unit: Word


class OrderOut(BaseModel):
    """An order as it is kept."""

    id: int
    number: str


class HaltedOut(BaseModel):
    """An order that stands still from ``stops_at`` (UTC, the earliest) on, or is made more slowly (``whole`` false).
    ``made`` by then if it went as planned, ``short`` is missing; as long as it stands, so much later than ``ends_at``
    it is finished."""

    number: str
    product: str
    stage_id: int
    ends_at: datetime
    stops_at: datetime
    whole: bool
    made: float
    short: float
    unit: str


@router.put("/production-orders/{number}", dependencies=[allow("incidents.policy")])
async def put_order(
    session: SessionDep, actor: ActorDep, number: Annotated[str, Path(max_length=LONGEST_WORD)], order: OrderIn
) -> OrderOut:
    """Put an order in, instead of what its number said before; the same again changes nothing."""
    known = await stages(session, actor)
    if order.stage not in {stage.code for stage in known}:
        raise Invalid(fields={"stage": N_("没有这个代码的生产环节")})
    if order.ends_at <= order.starts_at:
        raise Invalid(fields={"ends_at": N_("结束要比开始晚")})
    [kept] = await keep_orders(session, actor, [OrderFacts(number=number, **order.model_dump())], known)
    return OrderOut(id=kept.id, number=kept.number)


@router.get("/incidents/{incident_id}/orders", dependencies=[allow("incidents.see")])
async def read_halted(session: SessionDep, actor: ActorDep, incident_id: int) -> list[HaltedOut]:
    """Which orders stop if the incident's equipment gives nothing since it began, the first first."""
    shown = await card(session, actor, incident_id)
    stops = await downstream(session, actor, shown.incident, now())
    return [
        HaltedOut(
            number=one.order.number,
            product=one.order.product,
            stage_id=one.stage.id,
            ends_at=one.order.ends_at,
            stops_at=one.stops_at,
            whole=one.whole,
            made=one.left.made,
            short=one.left.short,
            unit=one.order.unit,
        )
        for one in await halted_orders(session, actor, shown.incident, stops)
    ]
