"""Deliveries committed whose acknowledgement the broker may not have seen, so that a repetition is known.

Readings with a device's time are told again by their keys; these are for the rest: values without a time
of their own, and refusals.
"""

from collections import Counter, deque
from collections.abc import Iterable
from typing import Any

from backend.telemetry.storage import RECEIPT_BYTES, RECEIPTS_KEPT, keep_receipts, load_receipts

_PACKET_ID_BYTES = 2


class Receipts:
    """The last ``RECEIPTS_KEPT`` receipts of one client id, in memory and in the database."""

    def __init__(self, client_id: str) -> None:
        self._client_id = client_id
        self._groups: deque[tuple[int, list[bytes]]] = deque()
        self._known: set[bytes] = set()
        self._contents: Counter[bytes] = Counter()
        self._next = 1
        self.packet_ids_change = False
        """Whether the broker may repeat a delivery under another packet id, as NATS does when it had read the
        acknowledgement but not yet taken it in (measured with kills in mid-flow). Then the content alone tells a
        repetition; the price: equal values without a time that were in flight at a crash count once."""

    def __contains__(self, receipt: object) -> bool:
        if receipt in self._known:
            return True
        return self.packet_ids_change and isinstance(receipt, bytes) and receipt[_PACKET_ID_BYTES:] in self._contents

    async def load(self, connection: Any) -> None:
        """Read what is in the database, forgetting what is in memory."""
        self._groups.clear()
        self._known.clear()
        self._contents.clear()
        self._next = 1
        for seq, joined in await load_receipts(connection, self._client_id):
            receipts = [joined[i : i + RECEIPT_BYTES] for i in range(0, len(joined), RECEIPT_BYTES)]
            self._take(seq, receipts)

    async def keep(self, connection: Any, receipts: Iterable[bytes]) -> None:
        """Write a batch's receipts in the caller's transaction and take them into memory.

        A transaction that fails must be followed by ``load``.
        """
        new = [receipt for receipt in receipts if receipt not in self._known]
        if new:
            self._take(self._next, new)
            await keep_receipts(connection, self._client_id, self._groups[-1][0], b"".join(new), self._groups[0][0])

    def _take(self, seq: int, receipts: list[bytes]) -> None:
        self._groups.append((seq, receipts))
        self._known.update(receipts)
        self._contents.update(receipt[_PACKET_ID_BYTES:] for receipt in receipts)
        self._next = seq + 1
        while len(self._known) - len(self._groups[0][1]) >= RECEIPTS_KEPT:
            self._forget(self._groups.popleft()[1])

    def _forget(self, receipts: list[bytes]) -> None:
        self._known.difference_update(receipts)
        for receipt in receipts:
            content = receipt[_PACKET_ID_BYTES:]
            self._contents[content] -= 1
            if not self._contents[content]:
                del self._contents[content]
