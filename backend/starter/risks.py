"""A pack's risk points into a site: sources, gradings, measures and what checks them. System role.

``risks.json`` of a pack; docs/starter-packs.md describes the fields. Gradings are made by the rules of
``risks.grading``, so a pack never states a level of its own but by the direct method.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.models import InspectionPlan
from backend.core.errors import Invalid
from backend.core.strict import Strict
from backend.hazards.accidents import Accident
from backend.hazards.reports.models import Factor
from backend.identity.permissions import system_query
from backend.risks.codes import Control, MeasureKind, PointKind, highest
from backend.risks.grading import Bands, Method, Score, grade
from backend.risks.models import ControlMeasure, HazardSource, RiskGrading, RiskPoint


class ScoreSpec(Strict, frozen=True):
    """``lec``: l, e, c; ``ls``: l, s; ``direct``: level."""

    method: Method
    l: float | None = None  # noqa: E741 - the letters of the methods
    e: float | None = None
    c: float | None = None
    s: float | None = None
    level: str = ""

    def score(self) -> Score:
        """The same for ``risks.grading``."""
        return Score(self.method, self.l, self.e, self.c, self.s, self.level)


class MeasureSpec(Strict, frozen=True):
    """A measure; ``post`` by code; ``inspection`` the Chinese name of a plan of the pack, ``item`` of its checklist."""

    kind: MeasureKind
    words: str
    words_en: str
    post: str | None = None
    inspection: str | None = None
    item: str = ""


class SourceSpec(Strict, frozen=True):
    """A source of harm with its gradings before (``inherent``) and with (``residual``) its measures."""

    name: str
    name_en: str
    accidents: list[Accident]
    factor: Factor
    consequence: str
    consequence_en: str
    inherent: ScoreSpec
    residual: ScoreSpec
    measures: list[MeasureSpec]
    basis: list[str] = []
    basis_en: list[str] = []


class RiskPointSpec(Strict, frozen=True):
    """A risk point; ``area``, ``equipment``, ``stage`` and ``post`` by code."""

    code: str
    name: str
    name_en: str
    kind: PointKind
    area: str
    control: Control
    post: str
    sources: list[SourceSpec]
    equipment: str | None = None
    stage: str | None = None


@dataclass(frozen=True)
class Places:
    """Ids by code of what risk points refer to."""

    stages: Mapping[str, int]
    areas: Mapping[str, int]
    equipment: Mapping[str, int]
    posts: Mapping[str, int]
    plans: Mapping[str, int] = field(default_factory=dict)
    """Inspection plans by Chinese name."""


def risk_faults(
    points: Sequence[RiskPointSpec], known: Mapping[str, set[str]], checklists: Mapping[str, set[str]]
) -> Iterator[str]:
    """What is wrong with a pack's risk points. ``known``: codes by kind (``area``, ``equipment``, ``stage``, ``post``);
    ``checklists``: titles of items by the name of their plan."""
    for point in points:
        who = f"risk point {point.code}"
        asked = [(kind, getattr(point, kind)) for kind in ("area", "equipment", "stage", "post")]
        yield from (f"{who}: there is no {kind} {code}" for kind, code in asked if code and code not in known[kind])
        if not point.sources:
            yield f"{who}: needs a source"
        names = [source.name for source in point.sources]
        if len(set(names)) < len(names):
            yield f"{who}: two sources of one name"
        for source in point.sources:
            yield from (f"{who}: {fault}" for fault in _source_faults(source, known, checklists))


def _source_faults(
    source: SourceSpec, known: Mapping[str, set[str]], checklists: Mapping[str, set[str]]
) -> Iterator[str]:
    for field_ in ("name", "consequence"):
        if not all(str(getattr(source, name)).strip() for name in (field_, f"{field_}_en")):
            yield f"{source.name_en or source.name}: {field_} is missing in a language"
    if len(source.basis) != len(source.basis_en):
        yield f"{source.name_en}: basis and basis_en differ in length"
    for word in ("inherent", "residual"):
        try:
            grade(getattr(source, word).score(), Bands())
        except Invalid as error:
            yield f"{source.name_en}: {word}: {', '.join(error.fields)}"
    for one in source.measures:
        if not (one.words.strip() and one.words_en.strip()):
            yield f"{source.name_en}: a measure is missing in a language"
        if one.post and one.post not in known["post"]:
            yield f"{source.name_en}: there is no post {one.post}"
        if one.inspection and one.inspection not in checklists:
            yield f"{source.name_en}: there is no inspection {one.inspection}"
        elif one.item and (not one.inspection or one.item not in checklists[one.inspection]):
            yield f"{source.name_en}: the inspection has no item {one.item}"


async def install_risks(
    session: AsyncSession, site_id: int, points: Sequence[RiskPointSpec], places: Places, *, sample: bool
) -> None:
    """Add the points whose code the site doesn't have yet."""
    known = await _known_codes(session, site_id)
    for spec in points:
        if spec.code not in known:
            await _install(session, site_id, spec, places, sample)
    await session.flush()


async def _install(session: AsyncSession, site_id: int, spec: RiskPointSpec, places: Places, sample: bool) -> None:
    point = RiskPoint(
        site_id=site_id,
        code=spec.code,
        name=spec.name,
        name_en=spec.name_en,
        kind=spec.kind,
        area_id=places.areas[spec.area],
        equipment_id=places.equipment[spec.equipment] if spec.equipment else None,
        stage_id=places.stages[spec.stage] if spec.stage else None,
        post_id=places.posts[spec.post],
        control=spec.control,
        origin="pack",
        sample=sample,
        level=highest([grade(one.residual.score(), Bands()).level for one in spec.sources]),
    )
    session.add(point)
    await session.flush()
    for position, one in enumerate(spec.sources):
        await _install_source(session, point, position, one, places)


async def _install_source(
    session: AsyncSession, point: RiskPoint, position: int, spec: SourceSpec, places: Places
) -> None:
    scores = {False: spec.inherent.score(), True: spec.residual.score()}
    graded = {residual: grade(score, Bands()) for residual, score in scores.items()}
    source = HazardSource(
        site_id=point.site_id,
        risk_point_id=point.id,
        position=position,
        name=spec.name,
        name_en=spec.name_en,
        accidents=[str(one) for one in spec.accidents],
        factor=spec.factor,
        consequence=spec.consequence,
        consequence_en=spec.consequence_en,
        basis="\n".join(spec.basis),
        basis_en="\n".join(spec.basis_en),
        inherent_level=graded[False].level,
        residual_level=graded[True].level,
    )
    session.add(source)
    await session.flush()
    of: dict[str, Any] = {"site_id": point.site_id, "source_id": source.id}
    for residual, score in scores.items():
        given: dict[str, Any] = {"method": score.method, "l": score.l, "e": score.e, "c": score.c, "s": score.s}
        bands = list(Bands().of(score.method))
        value, level = graded[residual].value, graded[residual].level
        session.add(RiskGrading(**of, **given, residual=residual, value=value, level=level, bands=bands))
    session.add_all(
        ControlMeasure(
            **of,
            kind=one.kind,
            position=place,
            words=one.words,
            words_en=one.words_en,
            post_id=places.posts[one.post] if one.post else None,
            plan_id=(plan := places.plans.get(one.inspection or "")),
            check_item=one.item if plan else "",
        )
        for place, one in enumerate(spec.measures)
    )


@system_query("an installation works on behalf of no person")
async def _known_codes(session: AsyncSession, site_id: int) -> set[str]:
    return set(await session.scalars(select(col(RiskPoint.code)).where(col(RiskPoint.site_id) == site_id)))


@system_query("an installation works on behalf of no person")
async def plans_by_name(session: AsyncSession, site_id: int) -> dict[str, int]:
    """The site's inspection plans by their Chinese name."""
    found = await session.execute(
        select(col(InspectionPlan.name), col(InspectionPlan.id)).where(col(InspectionPlan.site_id) == site_id)
    )
    return {name: id_ for name, id_ in found}
