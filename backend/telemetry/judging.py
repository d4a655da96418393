"""How telemetry hands live values to whoever judges them, without knowing who that is.

The ingest role (``backend.ingest_role``) joins this with ``alarms``. A batch goes: clean → ``judge``
(in memory) → ``record`` what changed, in a transaction of its own that commits first, so that an alarm
never waits for bulk COPY → readings, ``checkpoint`` and rejections in one transaction → acknowledge.
If the second fails, the broker redelivers: ``load`` is called again, and what was recorded is not
recorded twice because each rule's state knows the latest moment it judged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

Transition = Any
"""What a judge found to have changed; opaque to telemetry."""


@dataclass(frozen=True, slots=True)
class LiveValue:
    """A cleaned value that may raise or clear (backfill never comes here).

    ``at`` is the moment it is judged by, UTC: the device's time, or the time of receipt when the
    device's clock is wrong. Values of one point come in ascending ``at``.
    """

    site_id: int
    point_id: int
    at: datetime
    value: float
    quality: int


class Judge(Protocol):
    """Watches live values. Kept in memory by one ingest; its state is checkpointed with the readings."""

    async def load(self, session: AsyncSession) -> None:
        """Read rules and checkpointed states afresh, forgetting what is in memory."""

    async def refresh(self, session: AsyncSession) -> bool:
        """Take over rules edited since the last look; True when something changed. Called every 2 s."""

    def judge(self, values: Sequence[LiveValue], now: datetime) -> list[Transition]:
        """What changes by these values. In memory, no IO; called for every batch."""

    def tick(self, now: datetime) -> list[Transition]:
        """What changes by the mere passing of time (delays, silence). Called every second."""

    async def record(self, session: AsyncSession, transitions: Sequence[Transition]) -> None:
        """Write alarms, events and the states of the rules concerned. The caller commits."""

    async def record_alone(self, connection: Any, transition: Transition, *, save: bool = True) -> bool:
        """The same for one change, committed by itself over a bare asyncpg connection, to tell of it the sooner.

        False: nothing was written, ``record`` must do it. ``save`` False: what the judge remembers may wait for the
        next ``checkpoint``, because nothing but the value that made the change would come again.
        """

    async def checkpoint(self, session: AsyncSession) -> None:
        """Write the states that changed since the last checkpoint. The caller commits."""
