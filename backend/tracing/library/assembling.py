"""From what is known about a trace to its network of causes, and from the network's answer to what is shown. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from backend.tracing.engine.behaviour import Shape
from backend.tracing.engine.fusion import Case, Factor, Finding, Mode
from backend.tracing.library.catalogue import Check, ClassSpec, FactorSpec, Library, ModeSpec, Sign
from backend.tracing.weighing import DISMISSAL_RIGHT

LEAST_PLACE = 0.005
"""Places that the engine thinks less likely than this aren't looked at."""
MOST_MODES = 160
"""The inference's tables grow with the cube: so many take a third of a second and 25 MB, whatever a site imports."""


@dataclass(frozen=True)
class PointFact:
    """A point of a place: what it measures, and how it behaves; ``shapes`` None where it wasn't read."""

    key: str
    quantity: str
    manipulated: bool
    shapes: tuple[Shape, ...] | None = None
    size: float = 0.0


@dataclass(frozen=True)
class Place:
    """Equipment that may hold the cause; ``upstream`` and ``downstream``: equipment one link away."""

    equipment_id: int
    equipment_class: str
    owner_post_id: int | None
    probability: float
    points: tuple[PointFact, ...] = ()
    upstream: tuple[int, ...] = ()
    downstream: tuple[int, ...] = ()
    path: tuple[str, ...] = ()
    """Of the engine's likeliest cause there, to the symptom."""

    @property
    def key(self) -> str:
        """Its key in the network."""
        return f"equipment:{self.equipment_id}"


@dataclass(frozen=True)
class Answer:
    """What a person answered to a question: yes, no, or (None) that they can't tell."""

    question: str
    answer: bool | None
    person_id: int | None = None
    at: str = ""


@dataclass(frozen=True)
class Known:
    """All that goes into the fusion. ``neighbours``: points of equipment that is linked to a place, by equipment.

    ``records``: (equipment, factor) → whether there is such a record; missing where nobody keeps any.
    ``learned``: log-priors by library key (``valve.sticking``) or cause key (``equipment:3/valve.sticking``).
    """

    places: Sequence[Place]
    unknown: float
    neighbours: Mapping[int, tuple[PointFact, ...]] = field(default_factory=dict)
    records: Mapping[tuple[int, str], bool] = field(default_factory=dict)
    answers: Sequence[Answer] = ()
    learned: Mapping[str, float] = field(default_factory=dict)
    waiting: frozenset[str] = frozenset()
    """Questions that people were asked and haven't answered."""
    ruled_out: frozenset[str] = frozenset()
    """Keys of causes and of factors of which a person said "not this"."""


@dataclass(frozen=True)
class Suspect:
    """A failure mode at a place, with the points that show its signs."""

    key: str
    library_key: str
    place: Place
    spec: ModeSpec
    shown: tuple[tuple[Sign, PointFact], ...]


@dataclass(frozen=True)
class Network:
    """The case for the engine, and what its keys mean. ``questions``: key → (place, check)."""

    case: Case
    suspects: Mapping[str, Suspect]
    factors: Mapping[str, tuple[Place, FactorSpec]]
    questions: Mapping[str, tuple[Place, Check]]


def cause_key(place: Place, library_key: str) -> str:
    """``equipment:3/valve.sticking``."""
    return f"{place.key}/{library_key}"


def question_key(equipment_id: int, class_key: str, check_key: str) -> str:
    """``equipment:3?valve.follows``."""
    return f"equipment:{equipment_id}?{class_key}.{check_key}"


def equipment_of_question(key: str) -> int:
    """The equipment a question is about. Raises ValueError for what is no question's key."""
    kind, _, rest = key.partition(":")
    number, asked, check = rest.partition("?")
    if kind != "equipment" or not asked or not check:
        raise ValueError(key)
    return int(number)


def apart(known: Known, second: frozenset[int]) -> list[Known]:
    """What is known by fault: all of it, or the first fault's places and those of the ``second`` by equipment."""
    others = [place for place in known.places if place.equipment_id in second]
    first = [place for place in known.places if place.equipment_id not in second]
    if not others or not first:
        return [known]
    left = max(0.0, 1.0 - sum(place.probability for place in others))
    return [replace(known, places=first), replace(known, places=others, unknown=left)]


def assemble(library: Library, known: Known) -> Network:
    """The network of everything that may be the cause."""
    modes: list[Mode] = []
    findings: dict[str, Finding] = {}
    suspects: dict[str, Suspect] = {}
    factors: dict[str, tuple[Place, FactorSpec]] = {}
    questions: dict[str, tuple[Place, Check]] = {}
    answers = {one.question: one.answer for one in known.answers}
    places = [place for place in known.places if place.probability >= LEAST_PLACE]
    for place in places:
        listed = [(one, mode) for one in library.parts(place.equipment_class) for mode in _fitting(one, place)]
        total = sum(mode.per_year for _, mode in listed)
        factors |= {f"{place.key}/factor.{f.key}": (place, f) for f in library.factors}
        for one in {one.key: one for one, _ in listed}.values():
            for check in one.checks:
                key = question_key(place.equipment_id, one.key, check.key)
                questions[key] = (place, check)
                findings[key] = Finding(key, answers.get(key), check.otherwise)
        for one, spec in listed:
            library_key = f"{one.key}.{spec.key}"
            key = cause_key(place, library_key)
            signs = _signs(library, known, place, spec)
            findings |= {finding.key: finding for finding, _, _ in signs}
            shown = tuple((sign, point) for _, sign, point in signs if point is not None)
            suspects[key] = Suspect(key, library_key, place, spec, shown)
            if key in known.ruled_out:
                findings[f"{key}!"] = Finding(f"{key}!", False, 1 - DISMISSAL_RIGHT)
            modes.append(_mode(library, known, suspects[key], one, total, [(f.key, sign) for f, sign, _ in signs]))
    states = {(place.equipment_id, spec.key): key for key, (place, spec) in factors.items()}
    known_factors = [
        Factor(key, known.records.get((equipment_id, name)) and key not in known.ruled_out, factors[key][1].usual)
        for (equipment_id, name), key in states.items()
    ]
    weights = {place.key: place.probability for place in places}
    modes.sort(key=lambda mode: (-weights[mode.place] * mode.share, mode.key))
    case = Case(weights, known.unknown, modes[:MOST_MODES], known_factors, list(findings.values()))
    return Network(case, suspects, factors, questions)


def _fitting(one: ClassSpec, place: Place) -> Iterable[ModeSpec]:
    """Modes that this equipment can have: a valve's needs a valve."""
    has = {
        "": True,
        "manipulated": any(point.manipulated for point in place.points),
        "driven": any(point.quantity in {"current", "power", "speed"} for point in place.points),
    }
    return [mode for mode in one.modes if has[mode.needs]]


def _mode(
    library: Library, known: Known, suspect: Suspect, one: ClassSpec, total: float, signs: list[tuple[str, Sign]]
) -> Mode:
    spec, place = suspect.spec, suspect.place
    learned = known.learned.get(suspect.library_key, 0.0) + known.learned.get(suspect.key, 0.0)
    raises = {
        f"{place.key}/factor.{factor.key}": spec.raises.get(factor.key, factor.raises.get(spec.nature, 1.0))
        for factor in library.factors
    }
    shows = {question_key(place.equipment_id, one.key, key): chance for key, chance in spec.checks.items()}
    shows |= {key: sign.chance for key, sign in signs}
    shows |= {f"{suspect.key}!": DISMISSAL_RIGHT} if suspect.key in known.ruled_out else {}
    share = spec.per_year / total * math.exp(max(min(learned, 5.0), -5.0))
    return Mode(suspect.key, place.key, share, {k: times for k, times in raises.items() if times > 1}, shows)


def _signs(
    library: Library, known: Known, place: Place, spec: ModeSpec
) -> list[tuple[Finding, Sign, PointFact | None]]:
    """The mode's signs that can be seen at all, each with the point that shows it most clearly."""
    out: list[tuple[Finding, Sign, PointFact | None]] = []
    for sign in spec.signs:
        watched = [p for p in _at(known, place, sign.side) if p.shapes is not None and _measures(p, sign.quantity)]
        if not watched:
            continue
        seen = [point for point in watched if sign.shape in (point.shapes or ())]
        best = max(seen, key=lambda point: abs(point.size), default=None)
        key = f"{place.key}~{sign.name}"
        out.append((Finding(key, bool(seen), library.otherwise[sign.side][sign.shape], place.key), sign, best))
    return out


def _at(known: Known, place: Place, side: str) -> Iterable[PointFact]:
    if side == "own":
        return place.points
    near = place.upstream if side == "upstream" else place.downstream
    return [point for equipment_id in near for point in known.neighbours.get(equipment_id, ())]


def _measures(point: PointFact, quantity: str) -> bool:
    return not point.manipulated if quantity == "any" else point.quantity == quantity
