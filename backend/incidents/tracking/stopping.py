"""What stops below equipment that has failed, and when: along material links, over what is held in between. Pure.

Each piece of equipment feeds on what is below it until nothing comes any more and what it holds has run out. Material
takes the delay of the link from one to the next. The times are the earliest: where several feeds join, the first that
fails counts, and a link without a known delay takes no time. Nobody's going against it is foreseen.
"""

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Feed:
    """Material goes from ``source`` to ``target`` (equipment ids) within ``delay_s``; None: not known how long."""

    source: int
    target: int
    delay_s: float | None


@dataclass(frozen=True, slots=True)
class Store:
    """What equipment held at ``read_s`` lasts ``lasts_s`` from when its feed stops, or from then if that was before."""

    read_s: float
    lasts_s: float


@dataclass(frozen=True, slots=True)
class Starved:
    """Equipment to which less comes from ``at_s`` on, by way of ``via``.

    ``whole``: nothing else feeds it, so that it must stop; else it loses a part. ``sure``: each link of the way has
    a known delay.
    """

    equipment_id: int
    at_s: float
    via: int
    whole: bool
    sure: bool


def starved_below(
    failed: int,
    failed_s: float,
    feeds: Iterable[Feed],
    empty_s: Mapping[int, float] | None = None,
    stores: Mapping[int, Store] | None = None,
) -> list[Starved]:
    """All equipment below ``failed``, which gives nothing from ``failed_s`` on; the earliest first.

    Moments are seconds on one clock; ``empty_s``: by equipment when what it holds runs out by how it falls now,
    ``stores``: by how much that is. Where both are known, the earlier counts.
    """
    holds, held = empty_s or {}, stores or {}
    known = list(feeds)
    below: dict[int, list[Feed]] = {}
    for feed in known:
        below.setdefault(feed.source, []).append(feed)
    reached: dict[int, tuple[float, int, bool]] = {}
    waiting = [(failed_s, False, failed, failed)]
    while waiting:
        at, unsure, equipment, via = heapq.heappop(waiting)
        if equipment in reached:
            continue
        reached[equipment] = (at, via, not unsure)
        ends = at if equipment == failed else _runs_out(at, holds.get(equipment), held.get(equipment))
        for feed in below.get(equipment, ()):
            if feed.target not in reached:
                following = (ends + (feed.delay_s or 0.0), unsure or feed.delay_s is None, feed.target, equipment)
                heapq.heappush(waiting, following)
    whole = _fed_by_nothing_else(failed, set(reached), known)
    return [
        Starved(equipment, at, via, equipment in whole, sure)
        for equipment, (at, via, sure) in reached.items()
        if equipment != failed
    ]


def _runs_out(at: float, empty_s: float | None, store: Store | None) -> float:
    """When equipment that isn't fed from ``at`` on gives nothing more itself."""
    ends = [] if empty_s is None else [max(at, empty_s)]
    if store is not None:
        ends.append(max(at, store.read_s) + store.lasts_s)
    return min(ends, default=at)


def _fed_by_nothing_else(failed: int, reached: set[int], feeds: Iterable[Feed]) -> set[int]:
    """Of those reached the ones whose every feed stops; a loop that feeds only itself runs dry too."""
    above: dict[int, set[int]] = {}
    for feed in feeds:
        above.setdefault(feed.target, set()).add(feed.source)
    whole = set(reached)
    while losing := {one for one in whole if one != failed and not above[one] <= whole}:
        whole -= losing
    return whole
