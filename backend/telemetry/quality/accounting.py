"""What the ingest writes beside readings, in their transaction: accounts by quarter of an hour, and which counted hours
got values afterwards."""

from collections.abc import Iterable, Sequence
from typing import Any

from backend.identity.permissions import system_query
from backend.telemetry.formats.moments import SECOND, Micros, to_datetime

QUARTER: Micros = 900 * SECOND
HOUR: Micros = 3600 * SECOND

Behind = tuple[int, int, Micros]
"""Site, point, the UTC hour in which the value was measured."""

_AGAIN = """
INSERT INTO point_hour_again(site_id, point_id, hour)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[])
"""


def hour_of(at: Micros) -> Micros:
    """When the UTC hour of ``at`` began."""
    return at - at % HOUR


@system_query("the ingest notes late values of every site")
async def note_behind(connection: Any, behind: Iterable[Behind]) -> None:
    """Have these hours counted again."""
    listed: Sequence[Behind] = list(behind)
    if listed:
        sites, points, at = (list(column) for column in zip(*listed, strict=True))
        await connection.execute(_AGAIN, sites, points, [to_datetime(one) for one in at])
