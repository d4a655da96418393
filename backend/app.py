"""The FastAPI application: middleware, routers, lifespan; nothing else."""

import asyncio
import contextlib
import importlib
import importlib.util
from collections.abc import AsyncIterator
from datetime import datetime

from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware

from backend import __version__
from backend.core import failures
from backend.core.collecting import set_aside_what_stays
from backend.core.database import Database
from backend.core.doorbell import ArqDoorbell
from backend.core.jobs import hang_doorbell
from backend.core.observability import RequestLog, configure_logs
from backend.core.pages import mount_static
from backend.core.ratelimit import RateLimits
from backend.core.security import Wall
from backend.core.settings import settings
from backend.core.signpost import Signpost
from backend.delivery.hub import Hub
from backend.identity.presence import Noted
from backend.live.queries import values_since
from backend.outbox.feeding import Feeding
from backend.telemetry.canary import canary_age

_ROUTERS = (
    "backend.governance.health",
    "backend.lan.pages",
    "backend.delivery.socket",
    "backend.delivery.pages",
    "backend.identity.pages",
    "backend.identity.api",
    "backend.outbox.api",
    "backend.labels.pages",
    "backend.live.pages",
    "backend.plant.editing.pages",
    "backend.live.api",
    "backend.telemetry.pages",
    "backend.telemetry.api",
    "backend.telemetry.retake.pages",
    "backend.telemetry.retake.api",
    "backend.alarms.pages",
    "backend.alarms.rule_pages",
    "backend.alarms.escalation_pages",
    "backend.alarms.api",
    "backend.hazards.pages",
    "backend.hazards.api",
    "backend.hazards.reports.pages",
    "backend.hazards.reports.api",
    "backend.maintenance.pages",
    "backend.maintenance.api",
    "backend.training.pages",
    "backend.training.api",
    "backend.checkins.pages",
    "backend.checkins.api",
    "backend.tracing.library.pages",
    "backend.tracing.library.api",
    "backend.tracing.pages",
    "backend.tracing.api",
    "backend.tracing.versions.pages",
    "backend.tracing.versions.api",
    "backend.tracing.normals.pages",
    "backend.tracing.normals.api",
    "backend.incidents.history.pages",
    "backend.incidents.history.api",
    "backend.incidents.positions.pages",
    "backend.incidents.positions.api",
    "backend.incidents.response.pages",
    "backend.incidents.response.api",
    "backend.incidents.glance.pages",
    "backend.incidents.tracking.pages.basis",
    "backend.incidents.tracking.pages.orders",
    "backend.incidents.pages",
    "backend.incidents.api",
    "backend.incidents.tracking.pages",
    "backend.incidents.tracking.api",
    "backend.lessons.pages",
    "backend.lessons.api",
    "backend.incidents.review.pages",
    "backend.incidents.review.api",
    "backend.incidents.meeting.pages",
    "backend.incidents.meeting.api",
    "backend.risks.pages",
    "backend.feedback.pages",
    "backend.risks.api",
    "backend.operations.riskmap.pages",
    "backend.operations.riskmap.api",
    "backend.operations.hub",
    "backend.starter.setup.pages",
    "backend.operations.indicators.pages",
    "backend.operations.indicators.api",
    "backend.operations.distribution.pages",
    "backend.operations.distribution.api",
    "backend.operations.distribution.stock_api",
    "backend.operations.duty.pages",
    "backend.operations.duty.api",
    "backend.operations.alarmload.pages",
    "backend.operations.alarmload.api",
    "backend.operations.decisions.pages",
    "backend.operations.decisions.api",
    "backend.operations.reports.pages",
    "backend.operations.adoption.pages",
    "backend.governance.cleaning.pages",
    "backend.governance.cleaning.api",
    "backend.governance.retention.pages",
    "backend.governance.retention.api",
    "backend.operations.reports.api",
    "backend.governance.sources.pages",
    "backend.channels.pages",
    "backend.channels.api",
    "backend.home.pages",
    "backend.home.offline",
)


_CONNECTIONS = 20
"""To the database, of each web process; opened as they are needed."""


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open what requests need, close it in reverse."""
    configure_logs("web")
    # None closed after its use: with many at once each request would open one, which costs more than most pages.
    app.state.database = Database(settings().database_url, pool_size=_CONNECTIONS, overflow=0)
    app.state.limits = RateLimits(settings().redis_url)
    app.state.noted = Noted()
    doorbell = ArqDoorbell(settings().redis_url)
    hang_doorbell(doorbell)
    app.state.hub = _hub(app.state.database)
    listening = asyncio.create_task(app.state.hub.run())
    set_aside_what_stays()
    try:
        yield
    finally:
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
        await doorbell.close()
        await app.state.database.close()


def _hub(database: Database) -> Hub:
    async def pipeline_age(site_id: int) -> float | None:
        async with database.session() as session:
            return await canary_age(session, site_id)

    async def live_values(site_id: int, since: datetime) -> dict[int, tuple[int, float, int]]:
        async with database.session() as session:
            return await values_since(session, site_id, since)

    return Hub(database, pipeline_age=pipeline_age, live_values=live_values)


def create_app() -> FastAPI:
    """The application, ready for uvicorn's factory mode."""
    app = FastAPI(
        title="AnSu 安溯",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    failures.install(app)
    mount_static(app)
    for name in _ROUTERS:
        if importlib.util.find_spec(name) is not None:
            app.router.routes.extend(importlib.import_module(name).router.routes)
    app.router.middleware_stack = Signpost(app.router)
    app.add_middleware(Feeding)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=4)
    app.add_middleware(Wall)
    app.add_middleware(RequestLog)
    return app
