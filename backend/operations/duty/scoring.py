"""From what was asked of a person and what went wrong to a score in which every point cites its row. Pure.

Each item begins full. A lapse takes the rule's points (shared where several answered for it), until nothing is left; a
gain gives lost points back. An item of which nothing was asked isn't counted: its points go to the others in
proportion, so that they are always 100 in sum. Numbers are whole hundredths of a point, so that lines add up exactly.

0 ≤ score ≤ 100; taking out a lapse never lowers it; the order of rows doesn't matter (tests/operations).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from backend.operations.duty.rules import GAINS, ITEM_OF, Item, Kind, Rule

HUNDREDTHS = 10_000
"""100 points."""


@dataclass(frozen=True)
class Row:
    """A record that costs or earns points: where it is, what it is called, since when."""

    kind: str
    id: int
    words: str = ""
    words_en: str = ""
    url: str = ""
    at: str = ""
    """ISO 8601, UTC."""
    sharing: int = 1
    """How many answered for it together."""
    hours: float | None = None
    """How long it took, of what is judged by its time."""
    by: int | None = None
    """Whose judgement it rests on, where a person made it."""

    @property
    def key(self) -> str:
        """What an appeal names it by."""
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True)
class Facts:
    """A person's month as records tell it."""

    asked: Mapping[str, int] = field(default_factory=dict)
    """What there was to do, by sort (``visits``, ``alarms`` …)."""
    rows: Sequence[Row] = ()

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        return {"asked": dict(self.asked), "rows": [asdict(row) for row in self.rows]}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Facts":
        """From JSON."""
        return cls(dict(stored.get("asked", {})), tuple(Row(**row) for row in stored.get("rows", ())))

    @property
    def exposure(self) -> int:
        """How much there was to do, of all sorts."""
        return sum(self.asked.values())


SORTS = {
    "visits": Item.IDENTIFY,
    "reports": Item.IDENTIFY,
    "alarms": Item.WARNINGS,
    "disposals": Item.WARNINGS,
    "rectifications": Item.RECTIFY,
    "meetings": Item.LEARN,
    "courses": Item.LEARN,
    "quizzes": Item.LEARN,
}
"""Sort of what is asked → the item it belongs to."""


@dataclass(frozen=True)
class Line:
    """A row with what it takes (below zero) or gives, in points after re-weighting."""

    row: Row
    points: Decimal


@dataclass(frozen=True)
class ItemScore:
    """One item: ``weight`` is what it counts after re-weighting, ``usual`` what the rule says."""

    item: Item
    usual: int
    weight: Decimal
    asked: int
    points: Decimal
    lines: tuple[Line, ...]

    @property
    def counted(self) -> bool:
        """Whether anything was asked of the item."""
        return self.weight > 0


@dataclass(frozen=True)
class Result:
    """``score`` None: nothing was asked, which is neither 0 nor 100."""

    score: Decimal | None
    items: tuple[ItemScore, ...]
    exposure: int
    lapses: int

    @property
    def reweighted(self) -> bool:
        """Whether an item's points went to the others."""
        return any(one.usual and not one.counted for one in self.items) and self.score is not None

    def line(self, key: str) -> Line | None:
        """The line of a row."""
        return next((line for one in self.items for line in one.lines if line.row.key == key), None)


def score(facts: Facts, rule: Rule, excused: Collection[str] = ()) -> Result:
    """Score a month; ``excused`` are keys of rows that an appeal took out."""
    asked = dict.fromkeys(Item, 0)
    for sort, count in facts.asked.items():
        asked[SORTS[sort]] += count
    rows = sorted(
        (row for row in facts.rows if row.key not in excused and _counts(row, rule)), key=lambda r: (r.at, r.kind, r.id)
    )
    weights = effective_weights({item: rule.weights[item] for item in Item if asked[item] > 0})
    items = tuple(_item(item, rule, weights.get(item, 0), asked[item], rows) for item in Item)
    total = sum((one.points for one in items), Decimal(0)) if any(weights.values()) else None
    return Result(total, items, facts.exposure, sum(row.kind not in GAINS for row in rows))


def effective_weights(usual: Mapping[Item, int]) -> dict[Item, int]:
    """Weights of the items that count, in hundredths, 10 000 in sum (largest remainder); empty when all are 0."""
    whole = sum(usual.values())
    if whole == 0:
        return {}
    exact = {item: Fraction(weight * HUNDREDTHS, whole) for item, weight in usual.items()}
    given = {item: int(share) for item, share in exact.items()}
    by_rest = sorted(exact, key=lambda item: (given[item] - exact[item], list(Item).index(item)))
    for item in by_rest[: HUNDREDTHS - sum(given.values())]:
        given[item] += 1
    return given


def _counts(row: Row, rule: Rule) -> bool:
    """What is judged by its time is a lapse only beyond the rule's limit."""
    return row.kind != Kind.DISPOSAL_LATE or (row.hours or 0) > rule.disposal_hours


def _item(item: Item, rule: Rule, weight: int, asked: int, rows: Iterable[Row]) -> ItemScore:
    own = [row for row in rows if ITEM_OF[Kind(row.kind)] is item]
    bad, good = [row for row in own if row.kind not in GAINS], [row for row in own if row.kind in GAINS]
    usual = rule.weights[item]
    if not weight:
        return ItemScore(item, usual, Decimal(0), asked, Decimal(0), ())
    forgiven = bool(bad) and (asked - len(bad)) * 100 >= rule.full_pct[item] * asked
    scale = Fraction(weight, usual)
    lost = _handed_out(bad, [Fraction(0) if forgiven else _cost(row, rule) * scale for row in bad], weight)
    most = sum(points for _, points in lost)
    gained = _handed_out(good, [_cost(row, rule) * scale for row in good], most)
    points = weight - most + sum(given for _, given in gained)
    lines = [Line(row, _decimal(-taken)) for row, taken in lost] + [Line(row, _decimal(given)) for row, given in gained]
    return ItemScore(item, usual, _decimal(weight), asked, _decimal(points), tuple(lines))


def _cost(row: Row, rule: Rule) -> Fraction:
    return Fraction(str(rule.points[row.kind])) / max(row.sharing, 1)


def _handed_out(rows: Sequence[Row], wanted: Sequence[Fraction], most: int) -> list[tuple[Row, int]]:
    """Each row's part in hundredths: in order until ``most`` is reached; sums are rounded, so that parts add up."""
    parts, whole, given = [], Fraction(0), 0
    for row, part in zip(rows, wanted, strict=True):
        whole += part
        reached = min(most, round(whole))
        parts.append((row, reached - given))
        given = reached
    return parts


def _decimal(hundredths: int) -> Decimal:
    return Decimal(hundredths).scaleb(-2)
