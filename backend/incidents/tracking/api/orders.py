"""Production orders for programs: a production system puts them, and asks which of them an incident stops."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field

from backend.core.clock import now
from backend.core.errors import N_, Invalid
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.queries.listing import card
from backend.incidents.tracking.commands import keep_orders
from backend.incidents.tracking.ordering import LONGEST_WORD, MOST_ROWS, OrderFacts
from backend.incidents.tracking.queries.downstream import downstream
from backend.incidents.tracking.queries.orders import halted_orders, stages

router = APIRouter(prefix="/api/v1")
Word = Annotated[str, Field(min_length=1, max_length=LONGEST_WORD)]


class OrderIn(BaseModel):
    """What is to be made at a stage, named by its code, from ``starts_at`` to ``ends_at`` (with a zone)."""

    number: Word
    product: Word
    stage: Word
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    quantity: float = Field(gt=0, lt=1e12)
    unit: Word


Orders = Annotated[list[OrderIn], Field(max_length=MOST_ROWS)]


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


@router.put("/production-orders", dependencies=[allow("incidents.policy")])
async def put_orders(session: SessionDep, actor: ActorDep, orders: Orders) -> list[OrderOut]:
    """Put orders in, each instead of what its number said before, all or none; the same again changes nothing."""
    known = await stages(session, actor)
    wrong = dict(_wrong(orders, {stage.code for stage in known}))
    if wrong:
        raise Invalid(fields=wrong)
    kept = await keep_orders(session, actor, [OrderFacts(**one.model_dump()) for one in orders], known)
    return [OrderOut(id=one.id, number=one.number) for one in kept]


def _wrong(orders: list[OrderIn], known: set[str]) -> Iterator[tuple[str, str]]:
    for place, one in enumerate(orders):
        if one.stage not in known:
            yield f"{place}.stage", N_("没有这个代码的生产环节")
        if one.ends_at <= one.starts_at:
            yield f"{place}.ends_at", N_("结束要比开始晚")


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
