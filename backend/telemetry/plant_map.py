"""The sites and points an ingest knows, in memory, so that a value finds its point without a query.

Looked at every few seconds and when somebody edits points (NOTIFY ``ansu_plant``). Definitions are taken
over; what cleaning remembers of a point stays with it.
"""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.changes import Written, written
from backend.identity.permissions import system_query
from backend.plant.models import PointKind, PointStatus
from backend.telemetry.canary import CANARY_CODE, CANARY_NAME, CANARY_NAME_EN
from backend.telemetry.cleaning import Instrument, PointMemory
from backend.telemetry.formats import Micros, Value

MAX_PENDING = 1000
"""Unknown points kept for adoption, a site; a gateway that makes up names can't grow without end."""


class KnownSite(NamedTuple):
    """A plant, as topics name it."""

    id: int
    code: str
    zone: ZoneInfo


class KnownPoint:
    """A point and its latest live value."""

    __slots__ = (
        "at",
        "code",
        "id",
        "instrument",
        "memory",
        "newest",
        "quality",
        "received",
        "site_id",
        "source",
        "status",
        "value",
    )

    def __init__(self, id_: int, site_id: int, code: str) -> None:
        self.id = id_
        self.site_id = site_id
        self.code = code
        self.status: str = PointStatus.ACTIVE
        self.source = ""
        self.instrument = Instrument()
        self.memory = PointMemory()
        self.newest: Micros = 0
        """The latest key this process stored: a later one can't be a repetition of it."""
        self.at: Micros = 0
        self.value = 0.0
        self.quality = 0
        self.received: Micros = 0


class PlantMap:
    """Sites by code and points by (site, code)."""

    def __init__(self) -> None:
        self.sites: dict[str, KnownSite] = {}
        self.points: dict[tuple[int, str], KnownPoint] = {}
        self.pending: Counter[int] = Counter()
        self.home: KnownSite | None = None
        """The site that sees what no site's topic claims: the first one."""
        self._written: Written = ()

    @property
    def has_values(self) -> bool:
        """Whether any point had a value when this was loaded."""
        return any(point.memory.live_received for point in self.points.values())

    def find(self, site_id: int, value: Value) -> KnownPoint | None:
        """The point of ``value``: the one named with its device, else the one of its bare code."""
        if value.alias:
            named = self.points.get((site_id, value.alias))
            if named is not None:
                return named
        return self.points.get((site_id, value.code))

    async def load(self, session: AsyncSession) -> None:
        """Read everything afresh, what cleaning remembers included."""
        self.points, self._written = {}, ()
        await self.refresh(session)
        by_id = {point.id: point for point in self.points.values()}
        for row in await _states(session):
            point = by_id.get(row.point_id)
            if point is not None:
                point.memory = PointMemory(row.memory)
                point.newest = max(point.memory.live_device, point.memory.stamped)

    async def load_sites(self, session: AsyncSession) -> None:
        """Read the sites alone, for who then asks for a few points."""
        sites = [KnownSite(row.id, row.code, ZoneInfo(row.time_zone)) for row in await _sites(session)]
        self.sites = {site.code: site for site in sites}
        self.home = sites[0] if sites else None

    async def load_points(self, session: AsyncSession, site_id: int, codes: Iterable[str]) -> None:
        """Read the points of these ``codes``, and how many of the site's wait for adoption; without their memory."""
        for row in await _points(session, [(site_id, code, "") for code in codes]):
            self._take(KnownPoint(row.id, row.site_id, row.code), row)
        self.pending[site_id] = await _how_many_pending(session, site_id)

    def suppose(self, site_id: int, code: str) -> bool:
        """Take an unknown point as if ``add_unknown`` had kept it; False when there is no room for one more."""
        if self.pending[site_id] >= MAX_PENDING:
            return False
        point = KnownPoint(-len(self.points) - 1, site_id, code)
        point.status = PointStatus.PENDING
        self.points[site_id, code] = point
        self.pending[site_id] += 1
        return True

    async def refresh(self, session: AsyncSession) -> None:
        """Take over sites and points as they are now, if they were edited."""
        seen = await written(session, "site", "point")
        if seen == self._written:
            return
        await self.load_sites(session)
        former, self.points, self.pending = self.points, {}, Counter()
        for row in await _points(session):
            key = (row.site_id, row.code)
            known = former.get(key)
            if known is None or known.id != row.id:
                known = KnownPoint(row.id, row.site_id, row.code)
            self._take(known, row)
        self._written = seen

    async def add_unknown(self, session: AsyncSession, unknown: Iterable[tuple[int, str, str]]) -> None:
        """Keep points (site id, code, source) that nobody described yet, as pending, up to ``MAX_PENDING``."""
        room: Counter[int] = Counter({site.id: MAX_PENDING - self.pending[site.id] for site in self.sites.values()})
        added: list[tuple[int, str, str]] = []
        for site_id, code, source in unknown:
            if room[site_id] > 0 or code == CANARY_CODE:
                room[site_id] -= 1
                added.append((site_id, code, source))
        if not added:
            return
        await _insert_points(session, added)
        for row in await _points(session, added):
            if (row.site_id, row.code) not in self.points:
                self._take(KnownPoint(row.id, row.site_id, row.code), row)

    def _take(self, known: KnownPoint, row: "_PointRow") -> None:
        known.status = row.status
        known.source = row.source
        may_stick = not row.manipulated and row.kind != PointKind.OPERATION
        known.instrument = Instrument(row.range_low, row.range_high, may_stick)
        self.points[known.site_id, known.code] = known
        self.pending[known.site_id] += row.status == PointStatus.PENDING


class _SiteRow(NamedTuple):
    id: int
    code: str
    time_zone: str


class _PointRow(NamedTuple):
    id: int
    site_id: int
    code: str
    status: str
    source: str
    kind: str
    manipulated: bool
    range_low: float | None
    range_high: float | None


class _StateRow(NamedTuple):
    point_id: int
    memory: dict[str, object]


@system_query("the ingest serves the topics of every site")
async def _sites(session: AsyncSession) -> list[_SiteRow]:
    found = await session.execute(text("SELECT id, code, time_zone FROM site ORDER BY id"))
    return [_SiteRow(*row) for row in found]


_POINTS = "SELECT id, site_id, code, status, source, kind, manipulated, range_low, range_high FROM point"
_SOME = " JOIN unnest(CAST(:sites AS bigint[]), CAST(:codes AS text[])) AS u(s, c) ON s = site_id AND c = code"


@system_query("the ingest stores the values of every site's points")
async def _points(session: AsyncSession, some: list[tuple[int, str, str]] | None = None) -> list[_PointRow]:
    if some is None:
        found = await session.execute(text(_POINTS))
    else:
        keys = {"sites": [site_id for site_id, _, _ in some], "codes": [code for _, code, _ in some]}
        found = await session.execute(text(_POINTS + _SOME), keys)
    return [_PointRow(*row) for row in found]


@system_query("the room for unknown points is each site's own")
async def _how_many_pending(session: AsyncSession, site_id: int) -> int:
    counted = text("SELECT count(*) FROM point WHERE site_id = :site AND status = 'pending'")
    return int(await session.scalar(counted, {"site": site_id}) or 0)


@system_query("the ingest goes on where its predecessor stopped, for every site")
async def _states(session: AsyncSession) -> list[_StateRow]:
    found = await session.execute(text("SELECT point_id, memory FROM point_state"))
    return [_StateRow(*row) for row in found]


_INSERT = """
INSERT INTO point(site_id, code, name, name_en, unit, kind, manipulated, decimals, status, source, position)
SELECT site_id, code, CASE WHEN code = :canary THEN :name ELSE code END,
       CASE WHEN code = :canary THEN :name_en ELSE code END, '',
       CASE WHEN code = :canary THEN 'operation' ELSE 'equipment' END, false, 2,
       CASE WHEN code = :canary THEN 'active' ELSE 'pending' END, source, 0
FROM unnest(CAST(:sites AS bigint[]), CAST(:codes AS text[]), CAST(:sources AS text[])) AS u(site_id, code, source)
ON CONFLICT (site_id, code) DO NOTHING
"""


@system_query("the ingest meets unknown points of every site")
async def _insert_points(session: AsyncSession, added: list[tuple[int, str, str]]) -> None:
    sites, codes, sources = (list(column) for column in zip(*added, strict=True))
    await session.execute(
        text(_INSERT),
        {
            "sites": sites,
            "codes": codes,
            "sources": sources,
            "canary": CANARY_CODE,
            "name": CANARY_NAME,
            "name_en": CANARY_NAME_EN,
        },
    )
