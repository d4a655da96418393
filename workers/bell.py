"""The arq worker: hears which job waits and does it. Redis may vanish; then the sweep alone does the work."""

import asyncio
from typing import Any, cast

import structlog
from arq.connections import RedisSettings
from arq.typing import WorkerCoroutine
from arq.worker import Worker, func

from backend.core.database import Database
from backend.core.doorbell import QUEUE
from backend.core.jobs import Handler, run_job

log = structlog.get_logger()

MOST_JOBS = 4
LONGEST_JOB_S = 300
"""What learns a baseline computes for half a minute on an idle core; what takes longer than this hangs."""
RETRY_S = 2


async def hear(redis_url: str, database: Database, handlers: dict[str, Handler]) -> None:
    """Answer rings for ever. arq's worker ends when Redis drops, so a new one is begun each time."""

    async def answer(_context: dict[Any, Any], *args: Any, **_options: Any) -> None:
        await run_job(database, handlers, int(args[0]))

    while True:
        address = RedisSettings.from_dsn(redis_url)
        address.conn_retries = 0
        worker = Worker(
            functions=[
                func(cast("WorkerCoroutine", answer), name="run_job", keep_result=0, max_tries=1, timeout=LONGEST_JOB_S)
            ],
            redis_settings=address,
            queue_name=QUEUE,
            handle_signals=False,
            max_jobs=MOST_JOBS,
            poll_delay=0.05,
            health_check_interval=3600,
        )
        try:
            await worker.async_run()
        except asyncio.CancelledError:
            await worker.close()
            raise
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            log.warning("bell.redis_away", error=repr(error))
        await asyncio.sleep(RETRY_S)
