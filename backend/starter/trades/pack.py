"""A trade pack as files: read, typed, checked. Pure but for reading; ``installing`` writes it to a site.

A pack is a folder of JSON files, read strictly and checked whole; docs/starter-packs.md describes the fields. Unlike
the demo's pack it brings no people and no readings: all in it is a proposal that the site counts and renames.
"""

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from backend.checkins.checklists import Question
from backend.checkins.judging import ItemKind
from backend.checkins.schedule import Rhythm
from backend.core.strict import Strict
from backend.incidents.models import IncidentKind
from backend.incidents.response.content import PlanStep
from backend.maintenance.models import MaintenanceKind
from backend.starter.courses import FOLDER as COURSES
from backend.starter.pack import Named, PackError
from backend.starter.risks import RiskPointSpec, risk_faults
from backend.starter.trades.sensors import PointTemplate, RuleTemplate, point_faults
from backend.tracing.library.catalogue import Edits, LibraryError, base_library, edited
from backend.training.content import read_content

PACKS = Path(__file__).parent / "packs"
FILES = ("pack.json", "equipment.json", "rounds.json", "risks.json", "causes.json", "plans.json")
MOST_OF_A_KIND = 99
"""Machines of one kind that the setup makes at once."""


class AreaSpec(Named, frozen=True):
    """An area with the stage it belongs to and the team that keeps it; where it lies is drawn by ``sketch``."""

    stage: str
    team: str


class UpkeepSpec(Strict, frozen=True):
    """What is done to each machine of a kind, every so many days."""

    summary: str
    summary_en: str
    kind: MaintenanceKind
    every_days: int


class EquipmentSpec(Named, frozen=True):
    """A kind of equipment; ``usual`` is the count that the form proposes (0: it is offered, but not usual).
    ``points`` come with their rules where the site says that it has the sensors."""

    area: str
    post: str
    equipment_class: str
    usual: int = 1
    upkeep: list[UpkeepSpec] = []
    points: list[PointTemplate] = []


class RoundSpec(Strict, frozen=True):
    """An inspection plan with its checklist, over all machines of some kinds. It rests until somebody starts it."""

    name: str
    name_en: str
    post: str
    rhythm: Rhythm
    equipment: list[str]
    items: list[Question]


class IncidentPlanSpec(Strict, frozen=True):
    """A plan for a kind of incident, in place of the usual one."""

    kind: IncidentKind
    steps: list[PlanStep]


class TradePack(Strict, frozen=True):
    """A whole pack. ``picture`` is an icon of the sprite."""

    code: str
    version: str
    name: str
    name_en: str
    description: str
    description_en: str
    picture: str
    stages: list[Named]
    teams: list[Named]
    posts: list[Named]
    areas: list[AreaSpec]
    equipment: list[EquipmentSpec]
    rounds: list[RoundSpec]
    risk_points: list[RiskPointSpec]
    incident_plans: list[IncidentPlanSpec]
    causes: Edits

    @property
    def courses(self) -> list[dict[str, Any]]:
        """Its courses as their files hold them: ``title``, ``title_en`` and a ``training.content.Content``."""
        return [json.loads(path.read_text(encoding="utf-8")) for path in course_files(self.code)]

    @property
    def rules(self) -> list[tuple[EquipmentSpec, RuleTemplate]]:
        """Templates of rules with the kind of equipment they watch."""
        return [(kind, rule) for kind in self.equipment for point in kind.points for rule in point.rules]

    def kinds_in(self, area: AreaSpec) -> list[EquipmentSpec]:
        """Kinds of equipment that stand in ``area``."""
        return [one for one in self.equipment if one.area == area.code]


def course_files(code: str) -> list[Path]:
    """Files of the courses of the pack ``code``, in the order of their names."""
    return sorted(COURSES.glob(f"{code}-*.json"))


@cache
def trade_packs() -> tuple[TradePack, ...]:
    """All packs that come with AnSu, by code. Raises PackError."""
    return tuple(read_trade(folder) for folder in sorted(PACKS.iterdir()) if (folder / "pack.json").is_file())


def trade_pack(code: str) -> TradePack | None:
    """The pack with this code."""
    return next((pack for pack in trade_packs() if pack.code == code), None)


def read_trade(folder: Path) -> TradePack:
    """The pack in ``folder``, checked. Raises PackError, a line for each thing that is wrong."""
    merged: dict[str, Any] = {}
    for name in FILES:
        try:
            merged |= msgspec.json.decode((folder / name).read_bytes(), type=dict[str, Any])
        except OSError as error:
            raise PackError(f"{folder / name}: {error.strerror}") from error
        except msgspec.DecodeError as error:
            raise PackError(f"{folder / name}: {error}") from error
    try:
        pack = msgspec.convert(merged, TradePack)
    except msgspec.ValidationError as error:
        raise PackError(f"{folder}: {error}") from error
    faults = list(trade_faults(pack))
    if faults:
        raise PackError("\n".join(f"{pack.code}: {fault}" for fault in faults))
    return pack


def trade_faults(pack: TradePack) -> Iterator[str]:
    """What is wrong with ``pack``: doubled codes, references to nothing, missing words, quizzes, causes, rules."""
    yield from _doubled(pack)
    yield from _dangling(pack)
    yield from _untranslated(pack)
    yield from _round_faults(pack)
    yield from _course_faults(pack.code)
    yield from _cause_faults(pack)
    known = {
        "area": {one.code for one in pack.areas},
        "equipment": {one.code for one in pack.equipment},
        "stage": {one.code for one in pack.stages},
        "post": {one.code for one in pack.posts},
    }
    checklists = {one.name: {item.title for item in one.items} for one in pack.rounds}
    yield from risk_faults(pack.risk_points, known, checklists)
    for one in pack.equipment:
        if not 0 <= one.usual <= MOST_OF_A_KIND:
            yield f"equipment {one.code}: usual must be 0 to {MOST_OF_A_KIND}"
        yield from (f"equipment {one.code}: {up.summary_en}: every_days" for up in one.upkeep if up.every_days < 1)
        yield from (f"equipment {one.code}: {fault}" for fault in point_faults(one.points))
    if not pack.rules:
        yield "needs a rule at least"


def _doubled(pack: TradePack) -> Iterator[str]:
    groups = {
        "stage": [one.code for one in pack.stages],
        "team": [one.code for one in pack.teams],
        "post": [one.code for one in pack.posts],
        "area": [one.code for one in pack.areas],
        "equipment": [one.code for one in pack.equipment],
        "round": [one.name for one in pack.rounds],
        "risk point": [one.code for one in pack.risk_points],
        "incident plan": [str(one.kind) for one in pack.incident_plans],
    }
    for what, codes in groups.items():
        yield from (f"{what} {code}: given {n} times" for code, n in Counter(codes).items() if n > 1)


def _dangling(pack: TradePack) -> Iterator[str]:
    stages, teams, posts = ({one.code for one in group} for group in (pack.stages, pack.teams, pack.posts))
    areas, kinds = {one.code for one in pack.areas}, {one.code for one in pack.equipment}
    asked = [(f"area {one.code}", stages, one.stage) for one in pack.areas]
    asked += [(f"area {one.code}", teams, one.team) for one in pack.areas]
    asked += [(f"equipment {one.code}", areas, one.area) for one in pack.equipment]
    asked += [(f"equipment {one.code}", posts, one.post) for one in pack.equipment]
    for one in pack.rounds:
        who = f"round {one.name_en}"
        asked += [(who, posts, one.post), *((who, kinds, code) for code in one.equipment)]
    yield from (f"{who}: there is no {code}" for who, known, code in asked if code not in known)


def _untranslated(pack: TradePack) -> Iterator[str]:
    things: list[Any] = [pack, *pack.stages, *pack.teams, *pack.posts, *pack.areas, *pack.equipment, *pack.rounds]
    things += [up for one in pack.equipment for up in one.upkeep]
    things += [item for one in pack.rounds for item in one.items]
    things += [step for one in pack.incident_plans for step in one.steps]
    for thing in things:
        for field in ("name", "description", "summary", "title", "text"):
            if not all(str(getattr(thing, name, "-")).strip() for name in (field, f"{field}_en")):
                yield f"{type(thing).__name__} {getattr(thing, field)}: {field} is missing in a language"


def _round_faults(pack: TradePack) -> Iterator[str]:
    for one in pack.rounds:
        if not one.equipment or not one.items:
            yield f"round {one.name_en}: needs equipment and items"
        for item in one.items:
            if item.kind is ItemKind.CHOICE and not (len(item.choices) > 1 and set(item.failing) < set(item.choices)):
                yield f"round {one.name_en}: {item.title_en}: needs choices, and one of them that is well"
            if len(item.choices_en) != len(item.choices):
                yield f"round {one.name_en}: {item.title_en}: choices are missing in a language"
            if item.kind is ItemKind.READING and item.low is None and item.high is None:
                yield f"round {one.name_en}: {item.title_en}: a reading needs a limit"


def _course_faults(code: str) -> Iterator[str]:
    for path in course_files(code):
        document = json.loads(path.read_text(encoding="utf-8"))
        if not (document.get("title", "").strip() and document.get("title_en", "").strip()):
            yield f"course {path.stem}: title is missing in a language"
        try:
            content = read_content(document)
        except ValueError as error:
            yield f"course {path.stem}: {error}"
            continue
        said = [(one.text, one.text_en) for one in content.pages]
        said += [(one.text, one.text_en) for one in content.questions]
        said += [(one.why, one.why_en) for one in content.questions]
        said += [pair for one in content.questions for pair in one.options]
        if not all(words.strip() for pair in said for words in pair):
            yield f"course {path.stem}: words are missing in a language"


def _cause_faults(pack: TradePack) -> Iterator[str]:
    try:
        library = edited(base_library(), pack.causes)
    except LibraryError as error:
        yield from (f"causes: {fault}" for fault in str(error).splitlines())
        return
    for one in pack.equipment:
        if library.of(one.equipment_class) is None:
            yield f"equipment {one.code}: class {one.equipment_class} isn't in the cause library"
