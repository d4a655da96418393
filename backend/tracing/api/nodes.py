"""What programs get of a trace's points: names, who moved first, and which limits lie ahead."""

from datetime import datetime

from pydantic import BaseModel

from backend.tracing.foretelling import LimitAhead
from backend.tracing.queries import NodeName, TraceView


class NodeOut(BaseModel):
    """A node of the plant graph: ``point:7`` or ``equipment:3``, with its names."""

    key: str
    name: str
    name_en: str
    equipment_id: int | None


class MoverOut(BaseModel):
    """Who moved, and how: ``new_state``, ``stuck``, ``step``, ``drift``, ``oscillation`` or ``variance``.

    ``size`` in the point's usual standard deviations, signed where there is a direction; of a stuck point the number of
    equal rows.
    """

    node: NodeOut
    form: str
    at: datetime
    size: float


class LimitAheadOut(BaseModel):
    """A limit that is reached if it goes on so; ``latest_at`` null where it may not come at all. Moments UTC."""

    point: NodeOut
    limit_name: str
    value: float
    earliest_at: datetime
    likely_at: datetime
    latest_at: datetime | None


def node_out(name: NodeName) -> NodeOut:
    """A node as programs get it."""
    return NodeOut(key=name.key, name=name.name, name_en=name.name_en, equipment_id=name.equipment_id)


def movers_out(view: TraceView) -> list[MoverOut]:
    """Who moved first, in that order, and then the causes that moved later."""
    return [
        MoverOut(node=node_out(view.name(item["point"])), form=item["form"], at=item["at"], size=item["size"])
        for item in view.result.get("movers", [])
    ]


def limit_out(view: TraceView, told: LimitAhead) -> LimitAheadOut:
    """A limit ahead as programs get it."""
    ahead = told.next
    return LimitAheadOut(
        point=node_out(view.name(told.point)),
        limit_name=ahead.name,
        value=ahead.value,
        earliest_at=ahead.earliest_at,
        likely_at=ahead.likely_at,
        latest_at=ahead.latest_at,
    )
