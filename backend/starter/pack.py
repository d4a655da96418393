"""A starter pack as files: read, typed, checked. Pure but for reading; ``install`` writes it to a site.

A pack is a folder: ``pack.json`` (site, teams, posts, stages, plan, areas), ``plant.json`` (equipment, points),
``links.json``, ``rules.json``, ``people.json`` (samples), ``risks.json`` (risk points), ``causes.json`` (how such a
plant's causes differ from the general library), ``runs.json`` with recorded runs beside it and ``story.json``
(what a demo site has lived through).
docs/starter-packs.md describes the fields.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from backend.alarms.models import Level
from backend.alarms.parameters import ParametersError, read_parameters, timing_faults
from backend.checkins.checklists import Question
from backend.checkins.schedule import Rhythm
from backend.core.strict import Strict
from backend.identity.models import Role
from backend.maintenance.models import MaintenanceKind
from backend.plant.models import LinkKind, PointKind
from backend.starter.risks import RiskPointSpec, risk_faults
from backend.starter.story import StorySpec, story_faults
from backend.tracing.library.catalogue import Edits, LibraryError, base_library, edited

PACKS = Path(__file__).parent / "packs"
FILES = (
    "pack.json",
    "plant.json",
    "links.json",
    "rules.json",
    "people.json",
    "risks.json",
    "causes.json",
    "runs.json",
    "story.json",
)


class PackError(Exception):
    """A pack that can't be used; each line of the message names a file or thing and what is wrong with it."""


class Named(Strict, frozen=True):
    """A thing with a code and a name in both languages."""

    code: str
    name: str
    name_en: str


class SiteSpec(Named, frozen=True):
    """The plant the pack makes when there is none."""

    time_zone: str = "Asia/Shanghai"


class PlanSpec(Strict, frozen=True):
    """The floor plan's drawing area, in its own units."""

    name: str
    name_en: str
    width: float
    height: float


class AreaSpec(Named, frozen=True):
    """A polygon on the floor plan."""

    stage: str
    team: str
    polygon: list[tuple[float, float]]


class EquipmentSpec(Named, frozen=True):
    """Equipment with its owner post and mark on the plan."""

    area: str
    owner_post: str
    stage: str
    equipment_class: str
    x: float
    y: float


class PointSpec(Named, frozen=True):
    """A measured variable; ``expected_interval_s`` is how often a new value comes."""

    unit: str
    equipment: str
    kind: PointKind
    manipulated: bool
    range_low: float
    range_high: float
    decimals: int
    expected_interval_s: float


class LinkSpec(Strict, frozen=True):
    """A directed edge between equipment or points, by code."""

    source: str
    target: str
    kind: LinkKind
    delay_s: float


class RuleSpec(Strict, frozen=True):
    """An alarm rule; ``point`` None for deviation of all points. ``basis`` says where the limits come from."""

    point: str | None
    kind: str
    name: str
    name_en: str
    level: Level
    warning: bool
    parameters: dict[str, Any]
    deadband: float
    on_delay_s: float
    off_delay_s: float
    latched: bool
    advice: str
    advice_en: str
    basis: str


class PolicySpec(Strict, frozen=True):
    """The ladder of one level."""

    level: Level
    steps: list[dict[str, Any]]
    repeat_s: float


class PersonSpec(Strict, frozen=True):
    """A sample person and the posts they hold."""

    account: str
    name: str
    name_en: str
    role: Role
    team: str | None
    posts: list[str]


class TrainingSpec(Strict, frozen=True):
    """A sample training record, in days relative to the installation."""

    account: str
    course: str
    course_en: str
    passed_days_ago: int
    valid_days: int


class MaintenanceSpec(Strict, frozen=True):
    """A sample maintenance plan with when it was done last and is due next, in days relative to the installation."""

    equipment: str
    summary: str
    summary_en: str
    done_days_ago: int
    due_in_days: int
    kind: MaintenanceKind = MaintenanceKind.SERVICE


class CommissioningSpec(Strict, frozen=True):
    """Since when equipment is in service in the demo, in days before the installation."""

    equipment: str
    days_ago: int


class InspectionSpec(Strict, frozen=True):
    """A sample inspection plan; ``items`` are its checklist."""

    name: str
    name_en: str
    post: str
    rhythm: Rhythm
    equipment: list[str]
    items: list[Question]
    skips_holidays: bool = False


class RunSpec(Strict, frozen=True):
    """A recorded run; ``fault`` 0 is normal work, ``fault_row`` the row at which the fault begins."""

    fault: int
    file: str
    name: str
    name_en: str
    fault_row: int | None


class Pack(Strict, frozen=True):
    """A whole pack. ``row_s`` is the time between two rows of its runs."""

    code: str
    version: str
    name: str
    name_en: str
    description: str
    description_en: str
    row_s: float
    site: SiteSpec
    stages: list[Named]
    teams: list[Named]
    posts: list[Named]
    floor_plan: PlanSpec
    areas: list[AreaSpec]
    equipment: list[EquipmentSpec]
    points: list[PointSpec]
    links: list[LinkSpec]
    rules: list[RuleSpec]
    escalation: list[PolicySpec]
    people: list[PersonSpec]
    training: list[TrainingSpec]
    maintenance: list[MaintenanceSpec]
    commissioning: list[CommissioningSpec]
    inspections: list[InspectionSpec]
    risk_points: list[RiskPointSpec]
    causes: Edits
    runs: list[RunSpec]
    story: StorySpec

    def run(self, fault: int) -> RunSpec:
        """The recorded run of ``fault``. Raises PackError naming those there are."""
        for run in self.runs:
            if run.fault == fault:
                return run
        raise PackError(f"fault {fault}: the pack has {', '.join(str(run.fault) for run in self.runs)}")


def pack_codes() -> list[str]:
    """Codes of the packs that come with AnSu."""
    return sorted(folder.name for folder in PACKS.iterdir() if (folder / "pack.json").is_file())


def read_pack(folder: Path) -> Pack:
    """The pack in ``folder``, checked. Raises PackError."""
    merged: dict[str, Any] = {}
    for name in FILES:
        try:
            content = msgspec.json.decode((folder / name).read_bytes(), type=dict[str, Any])
        except OSError as error:
            raise PackError(f"{folder / name}: {error.strerror}") from error
        except msgspec.DecodeError as error:
            raise PackError(f"{folder / name}: {error}") from error
        merged |= content
    try:
        pack = msgspec.convert(merged, Pack)
    except msgspec.ValidationError as error:
        raise PackError(f"{folder}: {error}") from error
    faults = list(pack_faults(pack))
    faults += [f"run {run.fault}: no file {run.file}" for run in pack.runs if not run_file(folder, run).is_file()]
    if faults:
        raise PackError("\n".join(faults))
    return pack


def run_file(folder: Path, run: RunSpec) -> Path:
    """Where a recorded run lies."""
    return folder / "runs" / run.file


def pack_faults(pack: Pack) -> Iterator[str]:
    """What is wrong with ``pack``: doubled codes, references to nothing, ranges, rules, missing translations."""
    yield from _doubled(pack)
    yield from _dangling(pack)
    yield from _untranslated(pack)
    for point in pack.points:
        if not point.range_low < point.range_high:
            yield f"point {point.code}: range_low must be below range_high"
    for area in pack.areas:
        if len(area.polygon) < 3 or not all(_inside(pack.floor_plan, x, y) for x, y in area.polygon):
            yield f"area {area.code}: needs three corners or more, all on the floor plan"
    for equipment in pack.equipment:
        if not _inside(pack.floor_plan, equipment.x, equipment.y):
            yield f"equipment {equipment.code}: its mark is not on the floor plan"
    for rule in pack.rules:
        yield from _rule_faults(rule)
    yield from _cause_faults(pack)
    codes, accounts = {one.code for one in pack.equipment}, {one.account for one in pack.people}
    yield from risk_faults(
        pack.risk_points,
        {
            "area": {a.code for a in pack.areas},
            "equipment": {e.code for e in pack.equipment},
            "stage": {s.code for s in pack.stages},
            "post": {p.code for p in pack.posts},
        },
        {plan.name: {item.title for item in plan.items} for plan in pack.inspections},
    )
    yield from story_faults(pack.story, accounts=accounts, equipment=codes)


def _cause_faults(pack: Pack) -> Iterator[str]:
    try:
        library = edited(base_library(), pack.causes)
    except LibraryError as error:
        yield from (f"causes: {fault}" for fault in str(error).splitlines())
        return
    for equipment in pack.equipment:
        if library.of(equipment.equipment_class) is None:
            yield f"equipment {equipment.code}: class {equipment.equipment_class} isn't in the cause library"


def _inside(plan: PlanSpec, x: float, y: float) -> bool:
    return 0 <= x <= plan.width and 0 <= y <= plan.height


def _doubled(pack: Pack) -> Iterator[str]:
    groups: dict[str, Iterable[str]] = {
        "stage": (s.code for s in pack.stages),
        "team": (t.code for t in pack.teams),
        "post": (p.code for p in pack.posts),
        "area": (a.code for a in pack.areas),
        "equipment or point": (thing.code for thing in [*pack.equipment, *pack.points]),
        "account": (person.account for person in pack.people),
        "run": (str(run.fault) for run in pack.runs),
        "risk point": (point.code for point in pack.risk_points),
    }
    for what, codes in groups.items():
        yield from (f"{what} {code}: given {n} times" for code, n in Counter(codes).items() if n > 1)


def _dangling(pack: Pack) -> Iterator[str]:
    stages, teams, posts = ({x.code for x in group} for group in (pack.stages, pack.teams, pack.posts))
    areas, equipment, points = ({x.code for x in group} for group in (pack.areas, pack.equipment, pack.points))
    accounts = {person.account for person in pack.people}
    references = [(f"area {a.code}", stages, a.stage) for a in pack.areas]
    references += [(f"area {a.code}", teams, a.team) for a in pack.areas]
    for e in pack.equipment:
        wanted = ((areas, e.area), (posts, e.owner_post), (stages, e.stage))
        references += [(f"equipment {e.code}", known, code) for known, code in wanted]
    references += [(f"point {p.code}", equipment, p.equipment) for p in pack.points]
    for link in pack.links:
        ends = (link.source, link.target)
        references += [(f"link {link.source} → {link.target}", equipment | points, end) for end in ends]
    references += [(f"rule {r.name_en}", points, r.point) for r in pack.rules if r.point is not None]
    references += [(f"person {p.account}", teams, p.team) for p in pack.people if p.team is not None]
    references += [(f"person {p.account}", posts, post) for p in pack.people for post in p.posts]
    references += [(f"training {t.course_en}", accounts, t.account) for t in pack.training]
    references += [(f"maintenance {m.summary_en}", equipment, m.equipment) for m in pack.maintenance]
    references += [("commissioning", equipment, c.equipment) for c in pack.commissioning]
    for plan in pack.inspections:
        who = f"inspection {plan.name_en}"
        references += [(who, posts, plan.post), *((who, equipment, code) for code in plan.equipment)]
    yield from (
        f"maintenance {m.summary_en}: due before it was done"
        for m in pack.maintenance
        if m.done_days_ago + m.due_in_days < 1
    )
    yield from (f"{who}: there is no {code}" for who, known, code in references if code not in known)


def _untranslated(pack: Pack) -> Iterator[str]:
    things: list[Any] = [pack, pack.site, pack.floor_plan, *pack.stages, *pack.teams, *pack.posts, *pack.areas]
    things += [*pack.equipment, *pack.points, *pack.rules, *pack.people, *pack.training, *pack.maintenance, *pack.runs]
    things += [*pack.inspections, *(item for plan in pack.inspections for item in plan.items)]
    for thing in things:
        for field in ("name", "description", "advice", "course", "summary", "title"):
            said = [str(getattr(thing, name, "-")).strip() for name in (field, f"{field}_en")]
            if not all(said):
                yield f"{type(thing).__name__} {' '.join(said).strip()}: {field} is missing in a language"


def _rule_faults(rule: RuleSpec) -> Iterator[str]:
    try:
        parameters = read_parameters(rule.kind, rule.parameters)
    except ParametersError as error:
        yield f"rule {rule.name_en}: {error}"
        return
    delays = {"on_delay_s": rule.on_delay_s, "off_delay_s": rule.off_delay_s}
    for field, fault in timing_faults(parameters, deadband=rule.deadband, **delays).items():
        yield f"rule {rule.name_en}: {field}: {fault}"
