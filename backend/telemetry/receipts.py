"""Deliveries committed whose acknowledgement the broker may not have seen, so that a repetition is known.

Readings with a device's time are told again by their keys; these are for the rest: values without a time
of their own, and refusals.
"""

from collections import deque
from collections.abc import Iterable
from typing import Any

from backend.telemetry.storage import RECEIPT_BYTES, RECEIPTS_KEPT, keep_receipts, load_receipts


class Receipts:
    """The last ``RECEIPTS_KEPT`` receipts of one client id, in memory and in the database."""

    def __init__(self, client_id: str) -> None:
        self._client_id = client_id
        self._groups: deque[tuple[int, list[bytes]]] = deque()
        self._known: set[bytes] = set()
        self._next = 1

    def __contains__(self, receipt: object) -> bool:
        return receipt in self._known

    async def load(self, connection: Any) -> None:
        """Read what is in the database, forgetting what is in memory."""
        self._groups.clear()
        self._known.clear()
        self._next = 1
        for seq, joined in await load_receipts(connection, self._client_id):
            receipts = [joined[i : i + RECEIPT_BYTES] for i in range(0, len(joined), RECEIPT_BYTES)]
            self._take(seq, receipts)

    async def keep(self, connection: Any, receipts: Iterable[bytes]) -> None:
        """Write a batch's receipts in the caller's transaction and take them into memory.

        A transaction that fails must be followed by ``load``.
        """
        self._take(self._next, list(receipts))
        seq, added = self._groups[-1]
        await keep_receipts(connection, self._client_id, seq, b"".join(added), self._groups[0][0])

    def _take(self, seq: int, receipts: list[bytes]) -> None:
        self._groups.append((seq, receipts))
        self._known.update(receipts)
        self._next = seq + 1
        while len(self._known) - len(self._groups[0][1]) >= RECEIPTS_KEPT:
            self._known.difference_update(self._groups.popleft()[1])
