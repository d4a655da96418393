"""Messages become one batch: rows, live values, rejections and an exact account. Pure.

Account: received = stored + duplicate + rejected, in values; a message that can't be read counts as one.
"""

import hashlib
from collections.abc import Container, Iterable
from typing import NamedTuple

from backend.plant.models import PointStatus
from backend.telemetry.cleaning import Cleaned, clean
from backend.telemetry.formats import Address, Decoded, Micros, Refusal, Value, decode, read_topic
from backend.telemetry.formats.moments import SECOND, to_datetime
from backend.telemetry.formats.payloads import MAX_PAYLOAD_BYTES
from backend.telemetry.judging import LiveValue
from backend.telemetry.plant_map import KnownPoint, KnownSite, PlantMap
from backend.telemetry.quality.accounting import QUARTER, Behind, hour_of
from backend.telemetry.reasons import FOLDED, Reason

SHOWN_CHARACTERS = 2000
MOST_CODE = 200
"""Characters of a code that are kept."""
_HOUR: Micros = 3600 * SECOND


class Incoming(NamedTuple):
    """A message as it came from the broker, at the moment ``received``."""

    topic: str
    payload: bytes
    received: Micros
    mid: int = 0
    qos: int = 0
    dup: bool = False
    retain: bool = False
    connection: int = 0
    """Which connection it came by: its acknowledgement belongs there and nowhere else."""


class Opened(NamedTuple):
    """A message, decoded. ``site`` is None when there is none to keep it for."""

    message: Incoming
    address: Address
    site: KnownSite | None
    content: Decoded


class Row(NamedTuple):
    """A reading for the database."""

    site_id: int
    point_id: int
    at: Micros
    value: float
    quality: int
    received: Micros


class Held(NamedTuple):
    """A message of which something was refused, to be held whole."""

    site_id: int
    message: Incoming
    source: str
    parts: dict[tuple[str, str], int]
    """(reason, code) → how many values."""
    whole: bool
    """Nothing of it was taken."""


class Tally:
    """The account of one source in one batch."""

    __slots__ = ("duplicate", "received", "rejected", "seen", "site_id", "source", "stored")

    def __init__(self, site_id: int, source: str) -> None:
        self.site_id = site_id
        self.source = source
        self.received = self.stored = self.duplicate = self.rejected = 0
        self.seen: Micros = 0


class Rejected:
    """A refusal for the database; equal ones are counted."""

    __slots__ = ("address", "count", "digest", "payload", "received", "refusal", "site_id", "topic")

    def __init__(self, site_id: int, message: Incoming, address: Address, refusal: Refusal, digest: str) -> None:
        self.site_id = site_id
        self.topic = shown(message.topic, 500)
        self.address = address
        self.refusal = refusal
        self.payload = shown(message.payload[: SHOWN_CHARACTERS * 4].decode("utf-8", "replace"))
        self.received = message.received
        self.digest = digest
        self.count = 0


def shown(raw: str, most: int = SHOWN_CHARACTERS) -> str:
    """``raw`` as a database and a page can hold it."""
    return raw[:most].encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def receipt_of(message: Incoming) -> bytes:
    """Ten bytes that tell this delivery again when the broker repeats it: a repetition keeps its packet id."""
    digest = hashlib.blake2b(message.topic.encode("utf-8", "replace"), digest_size=8)
    digest.update(b"\0")
    digest.update(message.payload)
    return message.mid.to_bytes(2, "big") + digest.digest()


def open_message(message: Incoming, plant: PlantMap) -> Opened:
    """Decode ``message``. One for a site that doesn't exist is kept as a refusal at the first site."""
    address = read_topic(message.topic)
    site = plant.sites.get(address.site)
    if site is None:
        reason = Reason.WRONG_SITE if address.shape else Reason.WRONG_TOPIC
        return Opened(message, address, plant.home, Decoded([], [Refusal(reason, "", address.site[:200])]))
    return Opened(message, address, site, decode(address, message.payload, site.zone))


def unknown_codes(opened: Iterable[Opened], plant: PlantMap) -> dict[tuple[int, str], str]:
    """(site id, code) → source of the points that ``plant`` lacks."""
    found: dict[tuple[int, str], str] = {}
    for one in opened:
        if one.site is not None:
            for value in one.content.values:
                if plant.find(one.site.id, value) is None:
                    found.setdefault((one.site.id, value.alias or value.code), shown(one.address.source, 200))
    return found


class Assembly:
    """One batch on its way to the database."""

    def __init__(self, plant: PlantMap) -> None:
        self._plant = plant
        self.fresh: list[Row] = []
        """Rows whose keys lie after all that this process stored of their points, and their accounts."""
        self.fresh_tallies: list[Tally] = []
        self.late: dict[int, tuple[Micros, Micros]] = {}
        """By site: the oldest and the newest reading that came late from a buffer."""
        self.doubtful: list[Row] = []
        """Rows that may repeat a stored key."""
        self.doubtful_tallies: list[Tally] = []
        self.live: list[LiveValue] = []
        self.rejections: dict[str, Rejected] = {}
        self.held: list[Held] = []
        """The messages of which something was refused, in order of arrival."""
        self._refused: dict[tuple[str, str], int] = {}
        """Of the message in hand."""
        self.tallies: dict[tuple[int, str], Tally] = {}
        self.receipts: dict[bytes, None] = {}
        """Deliveries that only their receipt can tell again, in order; repetitions too, which may have another id."""
        self.behind: set[Behind] = set()
        """Hours of points that may have been counted already and get a value now."""
        self.oldest: Micros = 0
        """When the first of this batch was received."""
        self.days: set[int] = set()
        """UTC days since 1970 that rows fall into."""
        self.moved: dict[int, KnownPoint] = {}
        """Points whose source changed."""
        self.touched: dict[int, KnownPoint] = {}
        """Points with a new live value."""
        self.suspects: list[tuple[Row, LiveValue]] = []
        """Values to be judged whose key may be stored: from a clock that stepped back, or a gateway's repetition."""

    def add(self, opened: Opened, committed: Container[bytes]) -> None:
        """Take a message in. ``committed`` are the receipts of deliveries that were committed before."""
        message, address, site, content = opened
        self.oldest = self.oldest or message.received
        if site is None:
            return
        tally = self._tally(site.id, address.source, message.received)
        parts = len(content.values)
        if content.refusals:
            parts += sum(refusal.parts for refusal in content.refusals)
        tally.received += parts
        refused = tally.rejected
        if message.dup and self._is_repetition(receipt_of(message), committed):
            tally.duplicate += parts
            self.receipts[receipt_of(message)] = None
            return
        certain = not content.refusals
        for refusal in content.refusals:
            self._reject(site.id, message, address, refusal, tally)
        for value in content.values:
            certain &= self._value(site.id, message, address, value, tally)
        if self._refused:
            self._hold(opened, whole=tally.rejected - refused == parts)
        if not certain and message.qos:
            self.receipts[receipt_of(message)] = None

    def quarantine(self, opened: Opened, detail: str) -> None:
        """Refuse a whole message that the database would not take."""
        message, address, site, _ = opened
        if site is not None:
            tally = self._tally(site.id, address.source, message.received)
            tally.received += 1
            self._reject(site.id, message, address, Refusal(Reason.NOT_STORABLE, "", detail), tally)
            self._hold(opened, whole=True)
            self.receipts[receipt_of(message)] = None

    def _hold(self, opened: Opened, *, whole: bool) -> None:
        """What is too large stays too large: it isn't held."""
        message, address, site, _ = opened
        if site is not None and len(message.payload) <= MAX_PAYLOAD_BYTES:
            self.held.append(Held(site.id, message, shown(address.source, 200), self._refused, whole))
        self._refused = {}

    def spare(self, stored: Container[tuple[int, Micros, float]]) -> None:
        """Keep from the rules what is a repetition after all: (point id, at, value) that are stored."""
        known = {id(live) for row, live in self.suspects if (row.point_id, row.at, row.value) in stored}
        if known:
            self.live = [live for live in self.live if id(live) not in known]

    def _is_repetition(self, receipt: bytes, committed: Container[bytes]) -> bool:
        return receipt in committed or receipt in self.receipts

    def _value(self, site_id: int, message: Incoming, address: Address, value: Value, tally: Tally) -> bool:
        """Store or refuse one value; True when its key alone tells it again."""
        point = self._plant.find(site_id, value)
        reason = _unwanted(point, message, value)
        if reason or point is None:
            refusal = Refusal(reason or Reason.TOO_MANY_UNKNOWN, value.alias or value.code, f"{value.number:g}")
            self._reject(site_id, message, address, refusal, tally)
            return False
        cleaned = clean(value.number, value.at, message.received, point.instrument, point.memory, again=message.dup)
        if cleaned is None:
            tally.duplicate += 1
            return True
        self._store(point, cleaned, message.received, tally)
        return cleaned.at == value.at

    def _store(self, point: KnownPoint, cleaned: Cleaned, received: Micros, tally: Tally) -> None:
        at, number, quality, judged = cleaned
        row = Row(point.site_id, point.id, at, number, quality, received)
        if at // QUARTER < received // QUARTER:
            self.behind.add((point.site_id, point.id, hour_of(at)))
        fresh = at > point.newest
        if fresh:
            point.newest = at
            self.fresh.append(row)
            self.fresh_tallies.append(tally)
        else:
            self.doubtful.append(row)
            self.doubtful_tallies.append(tally)
        tally.stored += 1
        self.days.add(at // 86_400_000_000)
        if point.source != tally.source:
            point.source = tally.source
            self.moved[point.id] = point
        if judged is None:
            self._note_late(point.site_id, at)
            return
        point.at, point.value, point.quality, point.received = at, number, quality, received
        self.touched[point.id] = point
        if point.status == PointStatus.ACTIVE:
            self.live.append(LiveValue(point.site_id, point.id, to_datetime(judged), number, quality))
            if not fresh:
                self.suspects.append((row, self.live[-1]))

    def _note_late(self, site_id: int, at: Micros) -> None:
        oldest, newest = self.late.get(site_id, (at, at))
        self.late[site_id] = (min(oldest, at), max(newest, at))

    def _tally(self, site_id: int, source: str, received: Micros) -> Tally:
        tally = self.tallies.get((site_id, source))
        if tally is None:
            tally = self.tallies[site_id, source] = Tally(site_id, shown(source, 200))
        tally.seen = max(tally.seen, received)
        return tally

    def _reject(self, site_id: int, message: Incoming, address: Address, refusal: Refusal, tally: Tally) -> None:
        tally.rejected += refusal.parts
        cause = (refusal.reason.value, shown(refusal.code, MOST_CODE))
        self._refused[cause] = self._refused.get(cause, 0) + refusal.parts
        digest = _digest(message, refusal)
        rejected = self.rejections.get(digest)
        if rejected is None:
            rejected = self.rejections[digest] = Rejected(site_id, message, address, refusal, digest)
        rejected.count += refusal.parts
        rejected.received = message.received


def _unwanted(point: KnownPoint | None, message: Incoming, value: Value) -> Reason | None:
    if point is None:
        return Reason.TOO_MANY_UNKNOWN
    if point.status == PointStatus.IGNORED:
        return Reason.IGNORED_POINT
    if point.status == PointStatus.RETIRED:
        return Reason.RETIRED_POINT
    return Reason.RETAINED if message.retain and value.at is None else None


def _digest(message: Incoming, refusal: Refusal) -> str:
    """What makes a refusal the same: within the hour, by topic, point, reason and (mostly) payload."""
    code = "" if refusal.reason is Reason.TOO_MANY_UNKNOWN else refusal.code
    head = f"{message.received // _HOUR}\0{message.topic}\0{code}\0{refusal.reason}\0{refusal.detail[:40]}"
    if refusal.reason in FOLDED:
        head = f"{message.received // _HOUR}\0{message.topic}\0{code}\0{refusal.reason}"
    digest = hashlib.sha256(head.encode("utf-8", "replace"))
    if refusal.reason not in FOLDED:
        digest.update(message.payload)
    return digest.hexdigest()
