"""What the ingest says of itself to Prometheus; served on ``ANSU_INGEST_METRICS_PORT`` when that is set."""

import time
from collections.abc import Iterable

from prometheus_client import Counter, Gauge, Histogram, start_http_server

from backend.telemetry.assembly import Tally

RECEIVED = Counter("ansu_ingest_received_total", "Values received; an unreadable message counts as one")
STORED = Counter("ansu_ingest_stored_total", "Readings stored")
DUPLICATE = Counter("ansu_ingest_duplicate_total", "Values delivered again and not stored twice")
REJECTED = Counter("ansu_ingest_rejected_total", "Values refused")
FAILURES = Counter("ansu_ingest_failures_total", "Batches that failed and come again")
QUARANTINED = Counter("ansu_ingest_quarantined_total", "Messages set aside because the database never took them")
BATCH = Histogram("ansu_ingest_batch_messages", "Messages a batch", buckets=(1, 2, 5, 10, 50, 100, 500, 1000, 2000))
COMMIT = Histogram(
    "ansu_ingest_commit_seconds", "Time to make a batch durable", buckets=(0.001, 0.002, 0.005, 0.01, 0.05, 0.2, 1, 5)
)
LAG = Gauge("ansu_ingest_lag_seconds", "From receipt to durability of the oldest message of the last batch")
WAITING = Gauge("ansu_ingest_waiting_messages", "Messages read and not yet taken")
CONNECTED = Gauge("ansu_ingest_connected", "1 while the broker session is up")
ALIVE = Gauge("ansu_ingest_alive_timestamp_seconds", "When the ingest's loop last went round, epoch seconds")


def serve(port: int) -> None:
    """Serve the metrics of this process on the loopback ``port``; 0 means not at all."""
    if port:
        start_http_server(port, addr="127.0.0.1")


def count(tallies: Iterable[Tally]) -> None:
    """Add a committed batch's account."""
    for tally in tallies:
        RECEIVED.inc(tally.received)
        STORED.inc(tally.stored)
        DUPLICATE.inc(tally.duplicate)
        REJECTED.inc(tally.rejected)


def note_round(waiting: int, connected: bool) -> None:
    """The loop lives; how it stands."""
    ALIVE.set(time.time())
    WAITING.set(waiting)
    CONNECTED.set(connected)
