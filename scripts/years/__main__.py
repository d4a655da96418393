"""Make a site and fill it with years of work: ``python -m scripts.years --site years --years 3 --seed 1``.

For measuring and checking only: the site is marked as a sample (``site.sample``), its people too. A site that is there
already is never touched. Written into the database of ``ANSU_DATABASE_URL``, else the embedded one of ``ansu up``.
"""

import argparse
import asyncio
import json
import time
from datetime import UTC, datetime

from backend.core.clock import now
from backend.core.database import Database
from backend.core.settings import settings
from backend.identity.passwords import hash_password
from scripts.years.filling import Taken, Wanted, fill


async def main() -> None:
    """Fill, analyze, say how many rows there are."""
    given = _arguments()
    started = time.monotonic()
    database = Database(given.database or settings().database_url)
    until = datetime.fromisoformat(given.until).replace(tzinfo=UTC) if given.until else now()
    hashed = await hash_password(given.password) if given.password else "-"
    wanted = Wanted(given.site, given.years, given.seed, until, given.scale, given.read_points, given.read_days, hashed)
    try:
        async with database.session() as session:
            written = await fill(session, wanted)
        async with database.session() as session:
            await (await session.connection()).exec_driver_sql("ANALYZE")
    except (Taken, ValueError) as refused:
        raise SystemExit(f"nothing was made: {refused!r}") from None
    finally:
        await database.close()
    print(json.dumps({"site": given.site, "seconds": round(time.monotonic() - started, 1), "rows": written}, indent=2))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.years", description=__doc__)
    parser.add_argument("--site", default="years", help="code of the site to make")
    parser.add_argument("--years", type=float, default=3)
    parser.add_argument("--seed", type=int, default=1, help="the same seed and --until: the same rows")
    parser.add_argument("--scale", type=float, default=1, help="1: a plant of 2,000 points; 0.01 for a quick look")
    parser.add_argument("--until", default="", help="end of the time in UTC, 2026-11-27T00:00; now, if not given")
    parser.add_argument("--read-points", type=int, default=200, help="so many points have readings, at most 400")
    parser.add_argument("--read-days", type=int, default=90, help="for so many days")
    parser.add_argument("--password", default="", help="for everybody of it; without it nobody can sign in")
    parser.add_argument("--database", default="", help="postgresql://… instead")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main())
