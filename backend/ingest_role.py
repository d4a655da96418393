"""The ingest role: joins telemetry's ingest with the alarms' judge. ``ansu ingest`` runs it.

Its alarms ring for their first trace at once; without Redis the worker's sweep finds the job seconds later.
"""

import asyncio
import signal
from collections.abc import Sequence

import structlog
import uvloop

from backend.alarms.judge import AlarmJudge
from backend.core.database import Database
from backend.core.doorbell import ArqDoorbell
from backend.core.jobs import hang_doorbell
from backend.core.observability import configure_logs
from backend.core.settings import settings
from backend.telemetry import metrics
from backend.telemetry.ingest import Ingest
from backend.telemetry.mqtt import Broker

log = structlog.get_logger()


def run(_argv: Sequence[str] = ()) -> int:
    """Serve until SIGTERM or SIGINT: the batch in hand is finished and acknowledged, the broker session stays."""
    configure_logs("ingest")
    missing = [name for name in ("database_url", "mqtt_url") if not getattr(settings(), name)]
    if missing:
        log.error("ingest.not_configured", missing=[f"ANSU_{name.upper()}" for name in missing])
        return 2
    metrics.serve(settings().ingest_metrics_port)
    uvloop.run(_serve())
    return 0


async def _serve() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    database = Database(settings().database_url, pool_size=3, ping=False)
    doorbell = ArqDoorbell(settings().redis_url)
    hang_doorbell(doorbell)
    broker = Broker(
        settings().mqtt_url,
        settings().mqtt_client_id,
        [topic.strip() for topic in settings().mqtt_topics.split(",") if topic.strip()],
        settings().mqtt_protocol,
    )
    try:
        await Ingest(database, broker, AlarmJudge()).run(stop)
    finally:
        await doorbell.close()
        await database.close()


if __name__ == "__main__":
    raise SystemExit(run())
