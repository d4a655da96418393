"""Emergency plans (应急预案) as values, and the usual ones that ship with us. Pure but for reading the file."""

import enum
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from backend.incidents.models import IncidentKind

_USUAL = Path(__file__).parent / "usual.json"


class Who(enum.StrEnum):
    """Who takes a step of a plan."""

    ANYONE = "anyone"
    FINDER = "finder"
    OPERATOR = "operator"
    LEADER = "leader"
    COMMAND = "command"
    OFFICER = "officer"
    ELECTRICIAN = "electrician"
    MANAGER = "manager"
    GUARD = "guard"


class Does(enum.StrEnum):
    """What an advice is about."""

    STOP = "stop"
    ISOLATE = "isolate"
    REPLACE = "replace"
    REPLAN = "replan"


class PlanStep(msgspec.Struct, frozen=True):
    """One step. Plans of several kinds share a ``key`` where the step is the same, so that what is done stays done
    when the kind is corrected. ``basis``: the law or standard it rests on, or that it is ours. ``post_id``: the site's
    post that takes it, in a plan of the site's own; ``who`` in words stands for all others."""

    key: str
    text: str
    text_en: str
    who: Who
    basis: str = ""
    basis_en: str = ""
    post_id: int | None = None


class Advice(msgspec.Struct, frozen=True):
    """What to stop, isolate, replace or plan anew, with its source."""

    does: Does
    text: str
    text_en: str
    basis: str
    basis_en: str


class UsualCordon(msgspec.Struct, frozen=True):
    """The radius (metres) that is proposed until somebody has measured, with its source."""

    radius_m: float
    text: str
    text_en: str
    basis: str
    basis_en: str


class UsualPlan(msgspec.Struct, frozen=True):
    """What ships with us for one kind of incident."""

    steps: list[PlanStep]
    advice: list[Advice]
    cordon: UsualCordon


@cache
def usual_plan(kind: IncidentKind) -> UsualPlan:
    """The usual plan of ``kind``. It states duties and first actions that hold in any plant; a site's own plan, made by
    GB/T 29639-2020, goes before it."""
    content: dict[str, Any] = msgspec.json.decode(_USUAL.read_bytes())
    known, sources, own = content["steps"], content["sources"], content["kinds"][kind]
    steps = [{"key": key, **known[key], **sources[known[key]["source"]]} for key in own["steps"]]
    advice = [{**one, **sources[one["source"]]} for one in own["advice"]]
    cordon = {**own["cordon"], **sources[own["cordon"]["source"]]}
    return msgspec.convert({"steps": steps, "advice": advice, "cordon": cordon}, UsualPlan)


def read_steps(stored: list[dict[str, Any]]) -> list[PlanStep]:
    """Steps as they are stored with a version. Raises msgspec.ValidationError for what no version holds."""
    return msgspec.convert(stored, list[PlanStep])
