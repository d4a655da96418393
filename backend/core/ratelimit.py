"""Rate limits shared by all web processes in Redis; while Redis is away, each process counts for itself."""

import structlog
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError
from redis.exceptions import RedisError

log = structlog.get_logger()


class RateLimits:
    """Counts tries in moving windows, e.g. ``"10/15 minute"``."""

    def __init__(self, redis_url: str) -> None:
        self._local = MovingWindowRateLimiter(MemoryStorage())
        self._shared = (
            MovingWindowRateLimiter(RedisStorage(f"async+{redis_url}", implementation="redispy", wrap_exceptions=True))
            if redis_url
            else self._local
        )

    async def exhausted(self, limit: str, *key: str) -> bool:
        """Whether ``key`` has used up ``limit``; counts nothing."""
        return not await self._ask("test", parse(limit), key)

    async def count(self, limit: str, *key: str) -> bool:
        """Count one try of ``key``; False when that was one too many."""
        return await self._ask("hit", parse(limit), key)

    async def _ask(self, verb: str, item: RateLimitItem, key: tuple[str, ...]) -> bool:
        try:
            return bool(await getattr(self._shared, verb)(item, *key))
        except (StorageError, RedisError, OSError):
            log.warning("ratelimit.redis_away")
            return bool(await getattr(self._local, verb)(item, *key))
