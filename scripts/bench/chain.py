"""The bare Python chain, as little as can make readings durable: paho with manual acknowledgement on the asyncio
loop → msgspec → COPY into a staging table → INSERT … ON CONFLICT → commit → acknowledge. No rules, no cleaning, no
account, no rejections. ``ingest.py`` starts it as a process: ``chain.py <broker url> <database url> <topic>``.
"""

import asyncio
import sys
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import msgspec
import paho.mqtt.client as paho
import uvloop
from paho.mqtt.enums import CallbackAPIVersion

TABLES = """
CREATE TABLE bare_reading(point text, at timestamptz, value float8, PRIMARY KEY (point, at));
"""
_STAGE = "CREATE TEMP TABLE staged(point text, at timestamptz, value float8) ON COMMIT DELETE ROWS"
_MOVE = "INSERT INTO bare_reading SELECT * FROM staged ON CONFLICT DO NOTHING"
BATCH = 2000


class One(msgspec.Struct):
    """A message with one value."""

    at: datetime
    value: float


class Many(msgspec.Struct):
    """A message with several values of one moment."""

    at: datetime
    values: dict[str, float]


_read = msgspec.json.Decoder(One).decode
_read_many = msgspec.json.Decoder(Many).decode


class Chain:
    """The session and what it has received."""

    def __init__(self, broker: str, topic: str) -> None:
        self.waiting: list[Any] = []
        self.filled = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        url = urlsplit(broker)
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id="bare", clean_session=False, manual_ack=True)
        self.client.username_pw_set(url.username, url.password)
        self.client.on_connect = lambda client, *_details: client.subscribe(f"{topic}/#", 1)
        self.client.on_message = self._take
        self.client.on_socket_register_write = lambda _c, _d, sock: self._loop.add_writer(sock, self.client.loop_write)
        self.client.on_socket_unregister_write = lambda _c, _d, sock: self._loop.remove_writer(sock)
        self.client.connect(url.hostname or "", url.port or 0)
        self._loop.add_reader(self.client.socket(), self._readable)

    def _readable(self) -> None:
        self.client.loop_read(100)

    def _take(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        self.waiting.append(message)
        self.filled.set()


def rows_of(message: paho.MQTTMessage) -> list[tuple[str, datetime, float]]:
    """What a message holds, as rows."""
    if message.topic.endswith("/batch"):
        many = _read_many(message.payload)
        return [(point, many.at, value) for point, value in many.values.items()]
    one = _read(message.payload)
    return [(message.topic.rpartition("/")[2], one.at, one.value)]


async def main(broker: str, database: str, topic: str) -> None:
    """Until killed."""
    connection = await asyncpg.connect(database)
    await connection.execute(_STAGE)
    chain = Chain(broker, topic)
    while True:
        await chain.filled.wait()
        batch, chain.waiting = chain.waiting[:BATCH], chain.waiting[BATCH:]
        if not chain.waiting:
            chain.filled.clear()
        rows = [row for message in batch for row in rows_of(message)]
        async with connection.transaction():
            await connection.copy_records_to_table("staged", records=rows)
            await connection.execute(_MOVE)
        for message in batch:
            chain.client.ack(message.mid, message.qos)


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:4]))
