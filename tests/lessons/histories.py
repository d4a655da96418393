"""Generated plant histories with planted truth, for properties that need it; nothing of a real plant."""

import random
from collections.abc import Mapping, Sequence

from backend.lessons.attributes import ATTRIBUTES, TIED
from backend.lessons.mining import Combination, Mined, mine

CLASSES = ("pump", "valve", "reactor", "compressor", "tank", "exchanger", "motor", "fan")
KINDS = tuple(f"kind{n}" for n in range(6))
CAUSES = tuple(f"cause{n}" for n in range(8))

Pattern = Mapping[str, str]


def history(seed: int, planted: Sequence[Pattern] = (), *, rows: int = 1200, each: int = 45) -> list[dict[str, str]]:
    """``rows`` records of a plant whose areas and teams follow from its equipment; ``each`` of them by each pattern."""
    random_ = random.Random(seed)
    records = [_record(random_) for _ in range(rows)]
    places = random_.sample(range(rows), each * len(planted))
    for number, pattern in enumerate(planted):
        for place in places[number * each : (number + 1) * each]:
            records[place] |= pattern
            if "class" in pattern:
                records[place] |= _place(pattern["class"])
    return records


def shuffled(records: Sequence[Mapping[str, str]], seed: int) -> list[dict[str, str]]:
    """The same values, but who has which is left to chance; what the plant ties together stays together."""
    random_ = random.Random(seed)
    together = [("class", "area", "team"), *((key,) for key in ("shift", "weekday", "kind", "level", "cause"))]
    mixed: list[dict[str, str]] = [{} for _ in records]
    for keys in [*together, ("training",), ("maintenance",)]:
        values = [{key: record[key] for key in keys if key in record} for record in records]
        random_.shuffle(values)
        for record, value in zip(mixed, values, strict=True):
            record.update(value)
    return mixed


def _record(random_: random.Random) -> dict[str, str]:
    record = {
        **_place(random_.choices(CLASSES, weights=(6, 5, 2, 2, 3, 3, 4, 1))[0]),
        "shift": random_.choices(("1", "2"), weights=(3, 2))[0],
        "weekday": str(random_.randrange(7)),
        "kind": random_.choices(KINDS, weights=(6, 4, 3, 2, 2, 1))[0],
        "level": random_.choices(("major", "significant", "general"), weights=(1, 3, 6))[0],
        "training": random_.choices(("lapsed", "valid"), weights=(1, 6))[0],
        "maintenance": random_.choices(("overdue", "kept"), weights=(1, 4))[0],
    }
    if random_.random() < 0.7:
        record["cause"] = random_.choice(CAUSES)
    return record


def _place(equipment_class: str) -> dict[str, str]:
    number = CLASSES.index(equipment_class)
    return {"class": equipment_class, "area": str(number % 5), "team": str(number % 3)}


def mined(records: Sequence[Mapping[str, str]]) -> Mined:
    """As the worker mines."""
    return mine(records, ATTRIBUTES, TIED)


def recovers(found: Sequence[Combination], pattern: Pattern) -> bool:
    """Whether exactly this pattern is claimed."""
    return any(set(one.items) == set(pattern.items()) for one in found)


def is_true(one: Combination, planted: Sequence[Pattern]) -> bool:
    """Whether a claim follows from one planted pattern; where a class was planted, so were its area and team."""
    truths = [{**pattern, **(_place(pattern["class"]) if "class" in pattern else {})}.items() for pattern in planted]
    return any(set(one.items) <= set(truth) for truth in truths)
