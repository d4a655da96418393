"""The watch over our own line: a canary value goes round every 10 s, and its silence is an alarm.

The canary is published to the broker like any gateway's value, so broker, ingest and database must all
work for it to arrive. Sockets carry its age to every open phone.
"""

import asyncio
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion

from backend.alarms.commands import clear_system_alarm, raise_system_alarm
from backend.alarms.models import Level
from backend.core.clock import now
from backend.core.database import Database
from backend.core.jobs import dead_jobs
from backend.identity.queries.sites import all_sites
from backend.telemetry.canary import canary_age, payload, topic

log = structlog.get_logger()

SILENT_AFTER = timedelta(seconds=35)


class Watchdog:
    """Publishes canaries and raises the alarm when they don't come round."""

    def __init__(self, database: Database, mqtt_url: str) -> None:
        self._database = database
        self._url = urlsplit(mqtt_url)
        self._client: mqtt.Client | None = None
        self._watching_since: dict[int, datetime] = {}

    async def send_canaries(self) -> None:
        """Publish one value for each site. An absent broker is no error here: silence will tell."""
        client = self._connected()
        async with self._database.session() as session:
            sites = await all_sites(session)
        for site in sites:
            client.publish(topic(site.code), payload(), qos=0)

    async def look(self) -> None:
        """Raise or clear the alarms over the line itself."""
        async with self._database.session() as session:
            dead = await dead_jobs(session)
            for site in await all_sites(session):
                age = await canary_age(session, site.id)
                silent = timedelta(seconds=age) > SILENT_AFTER if age is not None else self._waited_long(site.id)
                await self._say(session, site.id, "line", silent, *LINE_SILENT)
                await self._say(session, site.id, "jobs", dead > 0, *JOBS_DEAD)

    def _waited_long(self, site_id: int) -> bool:
        """Whether a site that never had a canary should have had one by now."""
        return now() - self._watching_since.setdefault(site_id, now()) > SILENT_AFTER

    @staticmethod
    async def _say(session, site_id: int, key: str, wrong: bool, title: str, title_en: str, level: Level) -> None:  # type: ignore[no-untyped-def]
        if wrong:
            await raise_system_alarm(session, site_id, key, title, title_en, level)
        else:
            await clear_system_alarm(session, site_id, key)

    def _connected(self) -> mqtt.Client:
        if self._client is None:
            client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="ansu-watchdog")
            client.username_pw_set(self._url.username or "", self._url.password or "")
            if self._url.scheme == "mqtts":
                client.tls_set()
            client.max_queued_messages_set(100)
            client.connect_async(self._url.hostname or "127.0.0.1", self._url.port or 1883)
            client.loop_start()
            self._client = client
        return self._client

    async def close(self) -> None:
        """Leave the broker."""
        if self._client is not None:
            self._client.disconnect()
            await asyncio.to_thread(self._client.loop_stop)


LINE_SILENT = ("数据链路中断：监测数据没有到达", "Data line broken: no readings arrive", Level.SIGNIFICANT)
JOBS_DEAD = ("后台任务多次失败，需要管理员处理", "Background jobs failed for good, an admin is needed", Level.GENERAL)
