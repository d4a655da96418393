"""What the rules of suggestions look at: an incident's review as values. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from backend.alarms.evaluation import Rule
from backend.lessons.reviewed.limits import Course


@dataclass(frozen=True)
class Named:
    """A thing with its names; ``name_en`` falls back to the other."""

    id: int
    name: str
    name_en: str = ""

    @property
    def english(self) -> str:
        """What it is called in English, or else at all."""
        return self.name_en or self.name


@dataclass(frozen=True)
class Root:
    """The root cause, confirmed or else first. ``title``: of a cause of the library, with its ``advice``; ``note``:
    what a person wrote of one that no list had; ``asked``: items of the plans that stop there already; ``alarms``: ids
    of the incident's alarms there."""

    equipment: Named
    cause: str = ""
    title: str = ""
    title_en: str = ""
    advice: str = ""
    advice_en: str = ""
    note: str = ""
    onset: Named | None = None
    asked: frozenset[str] = frozenset()
    alarms: Sequence[int] = ()


@dataclass(frozen=True)
class Gap:
    """A training that somebody answerable lacked then and lacks still."""

    lapse_id: int
    course: str
    course_en: str
    course_id: int | None
    person_id: int
    post: Named | None
    equipment_id: int | None


@dataclass(frozen=True)
class Missed:
    """Rounds of a plan that were missed before the incident."""

    plan: Named
    lapse_ids: Sequence[int]


@dataclass(frozen=True)
class LeftAlone:
    """Warnings of one rule that nobody took up in time."""

    rule: Named
    lapse_ids: Sequence[int]


@dataclass(frozen=True)
class FirstSign:
    """The alarm of a limit by which the incident showed first, with its rule as it stands and what its point read.
    ``raised_s``: seconds since the epoch; ``ahead_s``: how long before the opening anything had shown, in seconds."""

    alarm_id: int
    rule: Named
    judged: Rule
    limit: str
    raised_s: float
    ahead_s: float
    unit: str
    course: Course
    equipment_id: int | None = None


@dataclass(frozen=True)
class Unwatched:
    """The point at the root that moved first, which no rule watches: which way it went (``high``), what it read, and
    when the incident was opened (``seen_s``: seconds since the epoch)."""

    point: Named
    unit: str
    high: bool
    seen_s: float
    course: Course
    equipment_id: int | None


@dataclass(frozen=True)
class Turned:
    """A deed after which the readings of an alarmed point went back. ``before`` and ``after``: means in ``unit``."""

    disposal_id: int
    deed: str
    words: str
    alarm_id: int
    point: Named
    before: float
    after: float
    unit: str


@dataclass(frozen=True)
class Facts:
    """One closed incident. ``steps``: texts of the emergency plan in force for its kind; ``place``: where it is."""

    incident_id: int
    number: str
    kind: str
    equipment_id: int | None = None
    area_id: int | None = None
    place: Named | None = None
    root: Root | None = None
    gaps: Sequence[Gap] = ()
    missed: Sequence[Missed] = ()
    left_alone: Sequence[LeftAlone] = ()
    first: FirstSign | None = None
    turned: Sequence[Turned] = ()
    unwatched: Unwatched | None = None
    steps: frozenset[str] = field(default_factory=frozenset)
