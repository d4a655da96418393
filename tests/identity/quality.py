"""Data quality of an estate (tests/identity/estate.py): a gateway with a day that fell short, and its norm."""

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.plant.models import Point
from backend.telemetry.models import Source
from backend.telemetry.quality.models import PointHour, SourceDay, SourceNorm
from backend.telemetry.retake.models import HeldLoss, HeldMessage, HeldPart, RetakeRun
from tests.factories import made


async def make_marked_quality(session: AsyncSession, point: Point, person_id: int, mark: str) -> dict[str, int]:
    """Gives ids by path parameter."""
    site: dict[str, Any] = {"site_id": point.site_id}
    begins = now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    source = await made(session, Source(**site, code=f"{mark}-gateway"))
    counted = {"expected": 60, "got": 20, "stored": 20, "on_time": 20, "checked": 20, "valid": 19, "received": 21}
    day = SourceDay(
        **site, family="machine", code=source.code, day=begins.date(), until=begins, single=20, stuck=1, points=1,
        points_short=1, worst_point_id=point.id, worst_lost=40, silent_from=begins, silent_hours=2, score=0.3,
        **counted,
    )  # fmt: skip
    hour = PointHour(
        **site, point_id=point.id, begins_at=begins, day=begins.date(), seconds=3600, source=source.code, every_s=60.0,
        stored=20, invalid=1, within=[20] * 7,
    )  # fmt: skip
    norm = SourceNorm(
        **site, family="machine", code=source.code, version=1, since=begins.date(), owner_id=person_id, lateness_s=60,
        complete_wanted=0.95, target=0.9, reason=mark, set_by=person_id,
    )  # fmt: skip
    for row in (hour, norm):
        await made(session, row)
    held = HeldMessage(
        **site, received_at=begins, topic=f"ansu/{mark}/batch", source=mark, payload=mark.encode(), size=9
    )
    await made(session, held)
    part = HeldPart(**site, held_id=held.id, reason="unreadable", code=mark, source=mark, received_at=begins)
    await made(session, part)
    await made(session, HeldLoss(**site, messages=1, bytes=1, since=begins, last_at=begins))
    run = RetakeRun(**site, code=mark, source=mark, asked_by=person_id, total=1, until_id=held.id, finished_at=begins)
    await made(session, run)
    return {"retake_id": run.id, "source_id": source.id, "source_day_id": (await made(session, day)).id}
