"""Puts figures together for pages and API: a card for each indicator, and one indicator in full."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.identity.actor import Actor
from backend.operations.indicators.contributing import Part, of_kind, weightiest
from backend.operations.indicators.figures import Figure, Sums, figure, reaches
from backend.operations.indicators.queries.markers import Marker, markers
from backend.operations.indicators.queries.reading import WHOLE, Named, Scope, sums_by_member, sums_by_step, targets
from backend.operations.indicators.registry import INDICATORS, MEASURES, Indicator, Kind, dimensions_of
from backend.operations.indicators.windows import DAY, Window, steps

AROUND = (30, 60, 90)
"""Days before and after a change that are compared."""
_COMPARED = "untrained"


@dataclass(frozen=True)
class Target:
    """What is wanted of an indicator; ``version`` 0: the usual value, which nobody has set."""

    value: float
    version: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Step:
    """A step of a trend."""

    window: Window
    figure: Figure


@dataclass(frozen=True)
class Card:
    """One indicator in a window. ``weak``: below its target; ``why``: who makes up most of the gap, with their name."""

    indicator: Indicator
    now: Figure
    before: Figure
    target: Target
    trend: Sequence[Step]
    beside: Mapping[str, Figure]
    weak: bool
    why: Part | None = None


@dataclass(frozen=True)
class Around:
    """So many days before and after a change; ``whole``: whether those after are over."""

    days: int
    before: Figure
    after: Figure
    whole: bool


def plus(many: Sequence[Sums]) -> Sums:
    """All of them together."""
    seconds = [one for sums in many for one in sums.seconds]
    return Sums(
        sum(one.members for one in many), sum(one.counted for one in many), sum(one.base for one in many), seconds
    )


async def target_of(session: AsyncSession, actor: Actor, indicator: Indicator) -> Target:
    """The site's target of one indicator."""
    return _target(await targets(session, actor), indicator)


def _target(known: Mapping[str, object], indicator: Indicator) -> Target:
    row = known.get(indicator.code)
    return Target(row.value, row.version, row.reason) if row else Target(indicator.usual_target)  # type: ignore[attr-defined]


async def cards(
    session: AsyncSession, actor: Actor, scope: Scope, window: Window, only: str | None = None
) -> Sequence[Card]:
    """A card of each indicator, or of ``only`` one; of weak ones with who makes up most of the gap."""
    chosen = [INDICATORS[only]] if only else list(INDICATORS.values())
    cut = [window.before, *steps(window)]
    measures = {_COMPARED, *(one.measure for one in chosen), *(code for one in chosen for code in one.beside)}
    sums = await sums_by_step(session, actor, scope, measures, cut)
    wanted = await targets(session, actor)
    found = [_card(one, sums, cut, _target(wanted, one)) for one in chosen]
    return await _explained(session, actor, scope, window, found)


def _card(indicator: Indicator, sums: Mapping[tuple[str, int], Sums], cut: Sequence[Window], target: Target) -> Card:
    def of(measure: str, places: Sequence[int]) -> Figure:
        kind = MEASURES[measure].kind
        own = plus([sums[measure, place] for place in places if (measure, place) in sums])
        others = plus([sums[_COMPARED, place] for place in places if (_COMPARED, place) in sums])
        return figure(kind, own, others)

    within = range(1, len(cut))
    present = of(indicator.measure, within)
    weak = present.value is not None and not reaches(present.value, target.value, indicator.better)
    beside = {code: of(code, within) for code in indicator.beside if code != _COMPARED}
    trend = [Step(cut[place], of(indicator.measure, [place])) for place in within]
    return Card(indicator, present, of(indicator.measure, [0]), target, trend, beside, weak)


async def _explained(
    session: AsyncSession, actor: Actor, scope: Scope, window: Window, found: Sequence[Card]
) -> Sequence[Card]:
    """Weak cards with the part that stands out; one query for all of them."""
    weak = [one for one in found if one.weak and MEASURES[one.indicator.measure].kind != Kind.EFFECT]
    if not weak or not (scope.whole or scope.dimension == "team"):
        return found
    cut = [name for name in ("area", "team", "post") if name != scope.dimension]
    sums = await sums_by_member(session, actor, scope, [one.indicator.measure for one in weak], cut, window)
    why = {one.indicator.code: weightiest(_parts(one, sums, cut)) for one in weak}
    return [
        Card(**{**{name: getattr(one, name) for name in one.__dataclass_fields__}, "why": why.get(one.indicator.code)})
        for one in found
    ]


def _parts(
    card: Card, sums: Mapping[tuple[str, str], Mapping[int, Sums]], dimensions: Sequence[str]
) -> dict[str, list[Part]]:
    indicator = card.indicator
    kind = MEASURES[indicator.measure].kind
    return {
        name: of_kind(kind, name, sums.get((indicator.measure, name), {}), indicator.better, card.target.value)
        for name in dimensions
    }


@dataclass(frozen=True)
class Bar:
    """One member of a breakdown; ``width`` 0 … 1 of the longest bar; ``gap`` its share of what is lacking."""

    member: Named
    figure: Figure
    width: float
    gap: float


async def breakdown(
    session: AsyncSession,
    actor: Actor,
    indicator: Indicator,
    scope: Scope,
    window: Window,
    target: float,
    names: Mapping[str, Sequence[Named]],
) -> Mapping[str, Sequence[Bar]]:
    """Bars of each dimension, those that lack most first, then the worst."""
    dimensions = dimensions_of(indicator)
    sums = await sums_by_member(session, actor, scope, [indicator.measure, _COMPARED], dimensions, window)
    kind = MEASURES[indicator.measure].kind
    found: dict[str, Sequence[Bar]] = {}
    for dimension in dimensions:
        of_it = sums.get((indicator.measure, dimension), {})
        gaps = {one.member_id: one for one in of_kind(kind, dimension, of_it, indicator.better, target)}
        named = {one.id: one for one in names.get(dimension, ())}
        figures = {id_: figure(kind, one, one) for id_, one in of_it.items()}
        if kind == Kind.EFFECT:
            figures = {id_: _alone(one) for id_, one in of_it.items()}
        longest = max((abs(one.value) for one in figures.values() if one.value is not None), default=0) or 1
        order = sorted(figures, key=lambda id_: -(gaps[id_].excess if id_ in gaps else 0))
        found[dimension] = [
            Bar(
                named.get(id_, Named(0, "", "")),
                figures[id_],
                abs(figures[id_].value or 0) / (1 if kind in {Kind.SHARE, Kind.SCORE} else longest),
                gaps[id_].share if id_ in gaps else 0.0,
            )
            for id_ in order
            if id_ == 0 or id_ in named
        ]
    return found


def _alone(sums: Sums) -> Figure:
    """A post's own change of cases: nothing is taken off it."""
    value = (sums.counted - sums.base) / sums.members if sums.members else None
    return Figure(Kind.EFFECT, value, sums.members, sums.counted, sums.base)


async def around(
    session: AsyncSession, actor: Actor, indicator: Indicator, scope: Scope, at: date, today: date
) -> Sequence[Around]:
    """The indicator 30, 60 and 90 days before the day ``at`` of a change and after it; the day itself is after."""
    far = max(AROUND)
    ends = sorted({-far, *(-days for days in AROUND), 0, *AROUND})
    cut = [Window(at + a * DAY, at + b * DAY) for a, b in pairwise(ends)]
    sums = await sums_by_step(session, actor, scope, {indicator.measure, _COMPARED}, cut)
    kind = MEASURES[indicator.measure].kind

    def of(first: int, until: int) -> Figure:
        places = [n for n, a in enumerate(ends[:-1]) if first <= a < until]
        own, others = (
            plus([sums[measure, n] for n in places if (measure, n) in sums])
            for measure in (indicator.measure, _COMPARED)
        )
        return figure(kind, own, others)

    return [Around(days, of(-days, 0), of(0, days), at + days * DAY <= today) for days in AROUND]


@dataclass(frozen=True)
class Whole:
    """One indicator in full."""

    card: Card
    bars: Mapping[str, Sequence[Bar]]
    markers: Sequence[Marker]
    chosen: Marker | None
    around: Sequence[Around]


async def whole(
    session: AsyncSession,
    actor: Actor,
    indicator: Indicator,
    scope: Scope,
    window: Window,
    names: Mapping[str, Sequence[Named]],
    change: str = "",
) -> Whole:
    """Everything of its page. ``change``: the marker (``rule-5``) around which to compare; else the newest."""
    (card,) = await cards(session, actor, scope, window, indicator.code)
    cut_further = scope if scope.dimension == "team" else WHOLE
    bars = await breakdown(session, actor, indicator, cut_further, window, card.target.value, names)
    changes = await markers(session, actor, window)
    chosen = next((one for one in changes if f"{one.kind}-{one.id}" == change), changes[-1] if changes else None)
    compared: Sequence[Around] = ()
    if chosen is not None:
        today = now().astimezone(actor.zone).date()
        on = chosen.at.astimezone(actor.zone).date()
        compared = await around(session, actor, indicator, scope, on, today)
    return Whole(card, bars, changes, chosen, compared)


async def figure_of(session: AsyncSession, actor: Actor, scope: Scope, window: Window, measure: str) -> Figure:
    """One measure in a window, from the roll-up."""
    sums = await sums_by_step(session, actor, scope, {measure, _COMPARED}, [window])
    own, others = (sums.get((code, 0), Sums()) for code in (measure, _COMPARED))
    return figure(MEASURES[measure].kind, own, others)
