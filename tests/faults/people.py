"""Simulated people: phones that keep what they were told, and a leader whose commands must never get lost."""

import asyncio
import contextlib
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import websockets

from tests.faults.plant import Plant, SignedIn

_LOST = (OSError, TimeoutError, websockets.InvalidHandshake, websockets.ConnectionClosed)


class Phone:
    """Keeps the event ids it got, and the cursor with which it resumes; naps now and then."""

    def __init__(self, url: str, owner: SignedIn, seed: int, cursor: str) -> None:
        self.got: list[int] = []
        self.owner = owner
        self.snapshots = 0
        self.awake = asyncio.Event()
        self._url = url
        self._cursor = cursor
        self._choice = random.Random(seed)

    async def live(self) -> None:
        """Listen for ever, resuming after every loss."""
        while True:
            with contextlib.suppress(*_LOST):
                await self._listen()
            await asyncio.sleep(self._choice.uniform(0.05, 0.4))

    async def _listen(self) -> None:
        address = f"{self._url.replace('http', 'ws', 1)}/ws?since={self._cursor}"
        cookie = {"Cookie": f"ansu={self.owner.token}"}
        nap_after = self._choice.uniform(2, 12)
        async with websockets.connect(
            address, additional_headers=cookie, origin=self._url, open_timeout=5, close_timeout=0.2
        ) as line:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(nap_after):
                    async for words in line:
                        self._take(json.loads(words))

    def _take(self, frame: dict[str, object]) -> None:
        if frame["kind"] == "event":
            self.got.append(int(str(frame["id"])))
        self.snapshots += frame["kind"] == "snapshot"
        if "cursor" in frame:
            self._cursor = str(frame["cursor"])
        self.awake.set()


class Leader:
    """Opens rectifications by the API, repeating each under its key until it was answered."""

    def __init__(self, url: str, plant: Plant, seed: int) -> None:
        self.opened: dict[str, str] = {}
        """Title → the number that was answered."""
        self._url = url
        self._plant = plant
        self._seed = seed

    async def work(self) -> None:
        """Open one after another until cancelled."""
        who = self._plant.leader
        headers = {"Accept": "application/json", "X-CSRF-Token": who.csrf, "Cookie": f"ansu={who.token}"}
        async with httpx.AsyncClient(base_url=self._url, headers=headers, timeout=5) as browser:
            for title in self._titles():
                await self._open(browser, title)
                await asyncio.sleep(0.2)

    def _titles(self) -> Iterator[str]:
        number = 0
        while True:
            number += 1
            yield f"leak {self._seed}-{number}"

    async def _open(self, browser: httpx.AsyncClient, title: str) -> None:
        deadline = datetime.now(UTC) + timedelta(days=3)
        form = {
            "title": title,
            "measure": "更换垫片",
            "owner_id": str(self._plant.worker_id),
            "deadline": deadline.strftime("%Y-%m-%dT%H:%M"),
        }
        while title not in self.opened:
            with contextlib.suppress(httpx.TransportError):
                answer = await browser.post("/api/v1/rectifications", data=form, headers={"Idempotency-Key": title})
                if answer.status_code == 201:
                    self.opened[title] = answer.json()["number"]
                elif answer.status_code < 500:
                    raise AssertionError(f"{answer.status_code}: {answer.text}")
            await asyncio.sleep(0.05)
