"""The arq side of the job table: rings a worker, and nothing depends on it being heard."""

import asyncio

import structlog
from arq.connections import ArqRedis, RedisSettings, create_pool

log = structlog.get_logger()

QUEUE = "ansu:jobs"


class ArqDoorbell:
    """Enqueues ``run_job(id)`` in Redis, in the background; a Redis that is away is only logged."""

    def __init__(self, redis_url: str) -> None:
        self._settings = RedisSettings.from_dsn(redis_url) if redis_url else None
        self._pool: ArqRedis | None = None
        self._ringing: set[asyncio.Task[None]] = set()

    def ring(self, job_ids: list[int]) -> None:
        """Tell of ``job_ids`` without waiting or raising."""
        if self._settings is None:
            return
        task = asyncio.get_running_loop().create_task(self._ring(job_ids))
        self._ringing.add(task)
        task.add_done_callback(self._ringing.discard)

    async def _ring(self, job_ids: list[int]) -> None:
        try:
            if self._pool is None:
                assert self._settings is not None
                self._settings.conn_retries = 0
                self._pool = await create_pool(self._settings, default_queue_name=QUEUE)
            for job_id in job_ids:
                await self._pool.enqueue_job("run_job", job_id)
        except Exception as error:
            log.warning("doorbell.silent", error=str(error), jobs=job_ids)

    async def close(self) -> None:
        """Wait briefly for rings under way and close the connection."""
        if self._ringing:
            await asyncio.wait(self._ringing, timeout=1)
        if self._pool is not None:
            await self._pool.aclose()
