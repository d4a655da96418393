"""The doctor's hands: asks each server, the disk and the web role. Each probe ends by itself and never raises."""

import asyncio
import contextlib
import os
import queue
import shutil
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
import redis.asyncio as redis
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.database import Database
from backend.core.migrate import heads
from backend.core.settings import Settings
from backend.embedded.monitor import subscriptions
from backend.governance import findings
from backend.governance.findings import Finding, Verdict
from backend.governance.held import held_state, of_held
from backend.governance.queries import foundation, system_state
from backend.governance.retention.doctoring import last_rounds, of_retention
from backend.lan.authority import Authority
from backend.lan.names import own_names
from backend.lan.serving import tls_folder, trusting

PATIENCE_S = 5.0
STORED_TOPIC = "$SYS/broker/store/messages/count"
"""Retained by Mosquitto: how many messages it holds."""


async def probe_database(settings: Settings) -> list[Finding]:
    """Version, durability, clock, migrations; then how the whole line stands."""
    if not settings.database_url:
        return [findings.unnamed("database", "ANSU_DATABASE_URL")]
    database = Database(settings.database_url, pool_size=1)
    found: list[Finding] = []
    try:
        async with asyncio.timeout(2 * PATIENCE_S), database.session() as session:
            await _examine(session, found)
    except Exception as error:  # the driver's, SQLAlchemy's, the system's: each means that it can't be used
        found.append(findings.unreachable("database", "ANSU_DATABASE_URL", _words(error)))
    finally:
        await database.close()
    return found


async def _examine(session: AsyncSession, found: list[Finding]) -> None:
    server = await foundation(session)
    trip_s, offset_s = await _clock(session)
    answered = f"PostgreSQL {server.version}"
    values = {"version": server.version, "round_trip_ms": round(trip_s * 1000, 2)}
    found += [
        Finding(
            "database",
            Verdict.OK,
            f"{answered}，往返 {trip_s * 1000:.1f} 毫秒",
            f"{answered}, round trip {trip_s * 1000:.1f} ms",
            values,
        ),
        findings.of_durability(server.durability),
        findings.of_clock(offset_s),
        findings.of_migrations(server.revision, heads()),
    ]
    if found[-1].verdict is Verdict.OK:
        found += findings.of_state(await system_state(session))
        found.append(of_retention(await last_rounds(session)))
        found.append(of_held(await held_state(session)))


async def _clock(session: AsyncSession) -> tuple[float, float]:
    """Round trip, and how far the database's clock is ahead of ours, in seconds."""
    started, began = time.time(), time.perf_counter()
    there = (await session.execute(text("SELECT EXTRACT(epoch FROM clock_timestamp())::float"))).scalar_one()
    trip_s = time.perf_counter() - began
    return trip_s, float(there) - (started + trip_s / 2)


async def probe_redis(settings: Settings) -> list[Finding]:
    """Whether the Redis-compatible server answers."""
    if not settings.redis_url:
        return [findings.unnamed("redis", "ANSU_REDIS_URL")]
    client = redis.Redis.from_url(settings.redis_url, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S)
    try:
        server: dict[str, Any] = await client.info("server")
    except (redis.RedisError, OSError, ValueError) as error:
        return [findings.unreachable("redis", "ANSU_REDIS_URL", _words(error))]
    finally:
        with contextlib.suppress(redis.RedisError, OSError):
            await client.aclose()
    name, version = (
        ("Valkey", server["valkey_version"]) if "valkey_version" in server else ("Redis", server["redis_version"])
    )
    said = f"{name} {version}"
    return [Finding("redis", Verdict.OK, said, said, {"version": version})]


async def probe_broker(settings: Settings) -> list[Finding]:
    """Whether the broker takes our credentials, and how much it holds for an ingest."""
    if not settings.mqtt_url:
        return [findings.unnamed("broker", "ANSU_MQTT_URL")]
    try:
        stored = await asyncio.to_thread(_visit, settings.mqtt_url, want_stored=not settings.mqtt_monitor_url)
    except (OSError, ValueError) as error:
        return [findings.unreachable("broker", "ANSU_MQTT_URL", _words(error))]
    parts = urlsplit(settings.mqtt_url)
    where = f"{parts.hostname}:{parts.port or (8883 if parts.scheme == 'mqtts' else 1883)}"
    depth = await asyncio.to_thread(_depth, settings.mqtt_monitor_url) if settings.mqtt_monitor_url else stored
    return [Finding("broker", Verdict.OK, where, where), findings.of_queue(depth)]


def _visit(url: str, *, want_stored: bool) -> int | None:
    """Sign in as AnSu itself; gives what Mosquitto says it stores. Raises OSError when that isn't possible."""
    parts = urlsplit(url)
    heard: queue.Queue[object] = queue.Queue()
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id=f"ansu-doctor-{os.getpid()}", protocol=MQTTProtocolVersion.MQTTv311
    )
    client.connect_timeout = PATIENCE_S
    if parts.username:
        client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
    if parts.scheme == "mqtts":
        client.tls_set()
    client.on_connect = lambda _client, _data, _flags, reason, _properties: heard.put(reason)
    client.on_message = lambda _client, _data, message: heard.put(bytes(message.payload))
    client.connect(parts.hostname or "", parts.port or (8883 if parts.scheme == "mqtts" else 1883))
    client.loop_start()
    try:
        reason: Any = heard.get(timeout=PATIENCE_S)
        if reason.is_failure:
            raise ConnectionRefusedError(str(reason))
        if not want_stored:
            return None
        client.subscribe(STORED_TOPIC)
        with contextlib.suppress(queue.Empty):
            return int(heard.get(timeout=1))  # type: ignore[call-overload, no-any-return]
        return None
    except queue.Empty:
        raise TimeoutError("CONNACK") from None
    finally:
        client.disconnect()
        client.loop_stop()


def _depth(monitor_url: str) -> int | None:
    """Messages the embedded broker holds that no session has acknowledged yet."""
    try:
        return sum(subscription.held for subscription in subscriptions(monitor_url, PATIENCE_S))
    except (OSError, ValueError):
        return None


async def probe_web(url: str, data_dir: Path) -> list[Finding]:
    """Whether the web role says it is ready; by https it must show a certificate of the authority in ``data_dir``."""

    trust = trusting(data_dir) if url.startswith("https://") else None

    def ask() -> int:
        with urllib.request.urlopen(f"{url}/readyz", timeout=PATIENCE_S, context=trust) as answer:  # noqa: S310
            return int(answer.status)

    try:
        await asyncio.to_thread(ask)
    except (OSError, ValueError) as error:
        why = f"HTTP {error.code}" if isinstance(error, urllib.error.HTTPError) else _words(error)
        return [findings.unreachable("web", "ANSU_HOST, ANSU_PORT", why)]
    return [Finding("web", Verdict.OK, url, url)]


def probe_certificate(settings: Settings, web_url: str) -> list[Finding]:
    """How long the web role's own certificate is good, and whether it vouches for this machine's addresses.

    Nothing to say where the web role shows none.
    """
    authority = Authority(tls_folder(settings.data_dir.absolute()))
    if not web_url.startswith("https://") or not authority.exists:
        return []
    try:
        names, server = own_names(), authority.server()
        missing = [str(a) for a in names.addresses if a not in server.names.addresses]
        return [findings.of_certificate(server.expires_at, now(), missing or authority.outside(names))]
    except (OSError, ValueError) as error:
        return [findings.unreadable_certificate(_words(error))]


def probe_disks(data_dir: Path) -> list[Finding]:
    """Room on the disk of the data folder, and of PostgreSQL's data where that stands elsewhere."""
    folders = [data_dir]
    with contextlib.suppress(OSError):
        folders.append(Path((data_dir / "postgres.location").read_text().strip()))
    found: dict[int, Finding] = {}
    for folder in folders:
        there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        finding = findings.of_disk(str(folder), shutil.disk_usage(there).free // 1_000_000)
        found.setdefault(there.stat().st_dev, finding)
    return list(found.values())


def _words(error: BaseException) -> str:
    reason = getattr(error, "reason", None) or getattr(error, "orig", None) or error
    lines = str(reason).strip().splitlines()
    return lines[0][:160] if lines else type(error).__name__
