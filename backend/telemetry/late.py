"""Readings that came late from a buffer may show the root of what was traced without them: it is traced anew, be it a
trace of alarms or one that a person asked for."""

from collections.abc import Mapping
from typing import Any

from backend.identity.permissions import system_query
from backend.telemetry.formats.moments import Micros, to_datetime

_ASK = """
INSERT INTO job(site_id, kind, payload, dedupe_key, status, due_at, attempts, error)
SELECT t.site_id, 'trace.make', CASE WHEN t.group_id IS NULL THEN jsonb_build_object('trace_id', t.id)
        ELSE jsonb_build_object('group_id', t.group_id, 'evidence', true) END,
    COALESCE(t.group_id::text, 'trace:' || t.id) || ':late', 'queued',
    GREATEST(now() + interval '2 seconds', t.made_at + interval '30 seconds'), 0, ''
FROM trace t JOIN unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) AS late(site_id, oldest, newest)
    ON late.site_id = t.site_id AND t.window_from <= late.newest AND t.window_to >= late.oldest
WHERE t.made_at > now() - interval '7 days'
ORDER BY t.id
ON CONFLICT (kind, dedupe_key) WHERE status = 'queued' AND dedupe_key <> ''
DO UPDATE SET due_at = job.due_at WHERE false
"""


@system_query("the ingest asks for the traces of every site")
async def ask_for_traces(connection: Any, late: Mapping[int, tuple[Micros, Micros]]) -> None:
    """Queue the traces whose windows the ``late`` readings fall into: two seconds after the first of them, and while a
    buffer is emptied at most each half minute. One that waits already is held until these are committed, so that
    whoever does it reads them."""
    spans = [(site_id, to_datetime(oldest), to_datetime(newest)) for site_id, (oldest, newest) in late.items()]
    await connection.execute(_ASK, *(list(column) for column in zip(*spans, strict=True)))
