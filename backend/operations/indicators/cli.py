"""``ansu indicators [site code]``: count a site's indicators, or those of all sites, anew from every record."""

import asyncio
import sys
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.database import Database
from backend.core.settings import settings
from backend.identity.permissions import system_query
from backend.operations.indicators.rolling import roll_up


def main(argv: Sequence[str]) -> int:
    """Count anew; gives the exit code: 2 for a site that isn't there."""
    return asyncio.run(_count(argv[0] if argv else ""))


async def _count(code: str) -> int:
    database = Database(settings().database_url)
    try:
        async with database.session() as session:
            sites = await _sites(session, code)
        if not sites:
            print(f"没有厂区 {code} / no site {code}", file=sys.stderr)  # noqa: T201 - a command of the console
            return 2
        for site_id, name in sites:
            async with database.session() as session:
                days = await roll_up(session, site_id, everything=True)
            print(f"{name}: {days}")  # noqa: T201 - a command of the console
    finally:
        await database.close()
    return 0


@system_query("an administrator of the machine counts anew at any site")
async def _sites(session: AsyncSession, code: str) -> list[tuple[int, str]]:
    found = await session.execute(
        text("SELECT id, code FROM site WHERE :code = '' OR code = :code ORDER BY id"), {"code": code}
    )
    return [(id_, name) for id_, name in found]
