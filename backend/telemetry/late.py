"""Readings that came late from a buffer may show the root of what was traced without them: it is traced anew."""

from collections.abc import Mapping
from typing import Any

from backend.identity.permissions import system_query
from backend.telemetry.formats.moments import Micros, to_datetime

_ASK = """
INSERT INTO job(site_id, kind, payload, dedupe_key, status, due_at, attempts, error)
SELECT t.site_id, 'trace.make', jsonb_build_object('group_id', t.group_id), t.group_id || ':late', 'queued',
    now() + interval '2 seconds', 0, ''
FROM trace t JOIN unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) AS late(site_id, oldest, newest)
    ON late.site_id = t.site_id AND t.window_from <= late.newest AND t.window_to >= late.oldest
WHERE t.group_id IS NOT NULL AND t.made_at > now() - interval '7 days'
ON CONFLICT (kind, dedupe_key) WHERE status = 'queued' AND dedupe_key <> '' DO NOTHING
"""


@system_query("the ingest asks for the traces of every site")
async def ask_for_traces(connection: Any, late: Mapping[int, tuple[Micros, Micros]]) -> None:
    """Queue the traces whose windows the ``late`` readings fall into; once for all that come within two seconds."""
    spans = [(site_id, to_datetime(oldest), to_datetime(newest)) for site_id, (oldest, newest) in late.items()]
    await connection.execute(_ASK, *(list(column) for column in zip(*spans, strict=True)))
