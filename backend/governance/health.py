"""Whether this process and what it stands on are well: for load balancers, Prometheus and programs."""

import asyncio
import hmac
import ipaddress
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from backend import __version__
from backend.core.database import Database
from backend.core.routing import APIRouter
from backend.core.settings import settings
from backend.governance.queries import SystemState, system_state
from backend.identity.web import address_of, allow, public

router = APIRouter(include_in_schema=False)

OPEN_SOCKETS = Gauge("ansu_sockets_open", "Open phone sockets of this process")
OPEN_ALARMS = Gauge("ansu_alarms_open", "Open alarms of all sites")
WAITING_JOBS = Gauge("ansu_jobs_waiting", "Jobs queued or running")
DEAD_JOBS = Gauge("ansu_jobs_dead", "Jobs that failed for good and wait for a person")
OLDEST_JOB = Gauge("ansu_jobs_oldest_due_seconds", "How long the oldest due job has waited")
EVENT_LAG = Gauge("ansu_delivery_lag_events", "Events not yet read by the delivery reader")
LAST_READING = Gauge("ansu_last_reading_age_seconds", "Age of the newest reading of all sites")


@router.get("/healthz", dependencies=[public("says only that the process answers")])
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok", "version": __version__}


@router.get("/readyz", dependencies=[public("says only yes or no")])
async def readyz(request: Request, response: Response) -> dict[str, str]:
    """The process can serve people: the database answers and has our tables."""
    try:
        await _state(request)
    except Exception as error:
        response.status_code = 503
        return {"status": "not ready", "why": type(error).__name__}
    return {"status": "ready"}


@router.get("/metrics", dependencies=[public("guarded by loopback or bearer token, below")])
async def metrics(request: Request) -> Response:
    """Prometheus text. From loopback, or with ``Authorization: Bearer $ANSU_METRICS_TOKEN``."""
    if not _may_read_metrics(request):
        return Response(status_code=404)
    state = await _state(request)
    OPEN_SOCKETS.set(request.app.state.hub.open_phones)
    OPEN_ALARMS.set(state.open_alarms)
    WAITING_JOBS.set(state.waiting_jobs)
    DEAD_JOBS.set(state.dead_jobs)
    OLDEST_JOB.set(state.oldest_job_s)
    EVENT_LAG.set(state.untold_events)
    if state.last_reading_age_s is not None:
        LAST_READING.set(state.last_reading_age_s)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


@router.get("/api/v1/openapi.json", dependencies=[allow()])
async def openapi(request: Request) -> dict[str, Any]:
    """The JSON API's description, for signed-in people; written once, which takes a second, in a thread."""
    app: FastAPI = request.app
    if app.openapi_schema is None:
        app.openapi_schema = await asyncio.to_thread(_described, app)
    return app.openapi_schema


def _described(app: FastAPI) -> dict[str, Any]:
    routes = [route for route in iter_route_contexts(app.routes) if (route.path or "").startswith("/api/v1/")]
    return get_openapi(title="AnSu 安溯", version=__version__, routes=routes)


def _may_read_metrics(request: Request) -> bool:
    token = settings().metrics_token
    if token:
        return hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {token}".encode())
    try:
        return ipaddress.ip_address(address_of(request)).is_loopback
    except ValueError:
        return False


async def _state(request: Request) -> SystemState:
    database: Database = request.app.state.database
    async with database.session() as session:
        return await system_state(session)
