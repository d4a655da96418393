"""When which condition alarms, before anybody has done anything about it: single ones, floods, chatter, chains."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from scripts.years.effects import (
    CHAIN_S,
    CHAIN_SHARE,
    CHAIN_SPREAD_S,
    FALSE,
    FIXED_AT,
    FIXED_LEFT,
    HOT_C,
    HOT_CLASS,
    HOT_TIMES,
    NOISY_FALSE,
    WEAK_CLASS,
    WEAK_TIMES,
    chattering,
    fixed,
    noisy,
)
from scripts.years.plant import Condition, Plant
from scripts.years.rhythm import HOUR_S, Array, Span

IN_A_FLOOD = (12, 45)
FLOOD_SHARE, CHATTER_SHARE = 0.19, 0.10
TOO_MANY = 1.07
"""So many more are drawn, as some fall into the time in which the same condition is open already."""


@dataclass(frozen=True)
class Raised:
    """One: ``condition`` is its place in the list, ``at`` seconds of the span, ``lasts`` seconds until it is gone;
    ``group`` joins those of one flood."""

    at: int
    condition: int
    group: int
    lasts: int
    false: bool
    chatter: bool = False


def raise_all(span: Span, plant: Plant, temperature: Array, wanted: int) -> list[Raised]:
    """All that is raised, in order, some more than ``wanted``."""
    wanted = round(wanted * TOO_MANY)
    floods, runs = round(wanted * FLOOD_SHARE), round(wanted * CHATTER_SHARE)
    found = [*_singles(span, plant, temperature, wanted - floods - runs)]
    found += [*_floods(span, plant, floods, len(found))]
    found += [*_runs(span, plant, runs, 2 * wanted)]
    return sorted(found, key=lambda one: (one.at, one.condition))


def _weights(plant: Plant, *, hot: bool) -> Array:
    """How often each condition alarms: a few often, most seldom (a power law), the weak class more."""
    rank = np.array([place * 7919 % len(plant.conditions) for place in range(len(plant.conditions))])
    weights = (rank + 8.0) ** -0.8
    kinds = np.array([one.unit.kind for one in plant.conditions])
    weights[kinds == WEAK_CLASS] *= WEAK_TIMES
    if hot:
        weights[kinds == HOT_CLASS] *= HOT_TIMES
    return weights


def _singles(span: Span, plant: Plant, temperature: Array, count: int) -> Iterator[Raised]:
    numbers = span.numbers("alarms")
    usual, warm = _weights(plant, hot=False), _weights(plant, hot=True)
    hot = temperature > HOT_C
    by_hour = span.busy() * np.where(hot, warm.sum() / usual.sum(), 1.0)
    at = span.drawn(numbers, count, by_hour / by_hour.sum())
    in_heat = hot[at // HOUR_S]
    which = np.where(
        in_heat,
        numbers.choice(len(warm), count, p=warm / warm.sum()),
        numbers.choice(len(usual), count, p=usual / usual.sum()),
    )
    lasts = np.maximum(numbers.lognormal(np.log(720), 0.8, count), 30).astype(int)
    luck, brief, spared = numbers.random(count), numbers.integers(6, 25, count), numbers.random(count)
    chain, delay = numbers.random(count), numbers.normal(CHAIN_S, CHAIN_SPREAD_S, count)
    first, second = _chain(plant)
    for n in range(count):
        place = int(which[n])
        false = bool(luck[n] < (NOISY_FALSE if noisy(place) else FALSE))
        if false and fixed(place) and at[n] > FIXED_AT * span.hours * HOUR_S and spared[n] > FIXED_LEFT:
            continue
        length = int(brief[n]) if false and noisy(place) else int(lasts[n])
        yield Raised(int(at[n]), place, n, length, false)
        if place == first and chain[n] < CHAIN_SHARE and at[n] + delay[n] < span.hours * HOUR_S:
            yield Raised(int(at[n] + delay[n]), second, count + n, int(lasts[n]), False)


def _chain(plant: Plant) -> tuple[int, int]:
    """The first condition of a feed line, and the first of the reactor behind it."""
    first = next(n for n, one in enumerate(plant.conditions) if one.unit.kind == "feed_line")
    second = next(n for n, one in enumerate(plant.conditions) if one.unit.kind == "reactor" and n > first)
    return first, second


def _floods(span: Span, plant: Plant, count: int, group: int) -> Iterator[Raised]:
    """Floods: within twenty minutes through equipment that follows each other."""
    numbers = span.numbers("floods")
    group, made, ends = 10_000_000 + group, 0, span.hours * HOUR_S - 2 * HOUR_S
    while made < count:
        size = min(int(numbers.integers(*IN_A_FLOOD)), len(plant.conditions))
        start = int(span.drawn(numbers, 1)[0])
        if start > ends:
            continue
        begin = int(numbers.integers(0, len(plant.conditions) - size + 1))
        at = start + np.sort(numbers.exponential(300, size).clip(0, 1200)).astype(int)
        for n in range(size):
            yield Raised(int(at[n]), begin + n, group, int(numbers.integers(300, 3600)), False)
        group, made = group + 1, made + size


def _runs(span: Span, plant: Plant, count: int, group: int) -> Iterator[Raised]:
    """Chatter: the same condition again and again, each time gone before the next."""
    numbers = span.numbers("chatter")
    places = [place for place in range(len(plant.conditions)) if chattering(place)] or [0]
    group, made, ends = 20_000_000 + group, 0, span.hours * HOUR_S - 2 * HOUR_S
    while made < count:
        place, size = places[int(numbers.integers(len(places)))], int(numbers.integers(8, 31))
        start = int(span.drawn(numbers, 1)[0])
        if start > ends:
            continue
        for n in range(size):
            at = start + 120 * n + int(numbers.integers(0, 30))
            yield Raised(at, place, group, int(numbers.integers(15, 60)), bool(numbers.random() < 0.3), chatter=True)
        group, made = group + 1, made + size


def words_of(condition: Condition) -> tuple[str, str]:
    """An alarm's title in both languages."""
    return condition.words, f"{condition.unit.code} {condition.limit_name} {condition.limit:g}"
