"""What a review rests on: a trace of the incident as tracing stores it."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.incidents.models import Incident
from backend.tracing.models import Trace
from tests.incidents.scene import Scene


async def told_trace(
    database: Database, scene: Scene, incident: Incident, *, arrives_in: timedelta = timedelta(minutes=20)
) -> None:
    """The trace of the incident's flood: the pump is the root, the reactor will be reached ``arrives_in`` from now."""
    async with database.session() as session:
        found = await session.scalars(select(Trace).where(col(Trace.group_id) == incident.group_id))
        trace = found.one_or_none() or Trace(site_id=scene.site.id, group_id=incident.group_id)
        trace.made_at = now()
        trace.window_from, trace.window_to = now() - timedelta(hours=1), now()
        trace.result = _result(scene, arrives_in)
        session.add(trace)


def _result(scene: Scene, arrives_in: timedelta) -> dict[str, Any]:
    pump, flow = f"equipment:{scene.pump.id}", f"point:{scene.points['flow'].id}"
    pressure = f"point:{scene.points['pressure'].id}"
    onset = {
        name: (now() - timedelta(minutes=5)).isoformat() for name in ("onset_at", "onset_earliest", "onset_latest")
    }
    arrival = {name: (now() + arrives_in).isoformat() for name in ("arrival_at", "earliest", "latest")}
    cause = {
        "node": flow,
        "equipment_id": scene.pump.id,
        "probability": 0.7,
        **onset,
        "deviation": -4.0,
        "path": [flow, pressure],
        "supports": [{"reason": "moved_first", "value": 240.0, "points": [pressure]}],
        "against": [{"reason": "weak", "value": 2.0, "points": []}],
        "look_at": [],
    }
    reached = {
        "node": pressure,
        "equipment_id": scene.reactor.id,
        "score": 0.9,
        "moving": False,
        **arrival,
        "path": [flow, pressure],
        "direction": 1,
        "by": "",
    }
    fused = {"key": pump, "probability": 0.64, "title": "", "title_en": "", "contributes": False}
    return {
        "abnormal": True,
        "rows": 400,
        "started_at": None,
        "symptom": pressure,
        "unknown": 0.1,
        "causes": [cause],
        "units": [{"equipment_id": scene.pump.id, "probability": 0.7}],
        "scope": [reached],
        "records": [],
        "posts": [],
        "fused": [fused],
    }
