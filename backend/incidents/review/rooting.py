"""What a stored trace says of the root, as the report keeps it: whole sentences in both languages. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from backend.core import phrases
from backend.core.i18n import translate
from backend.tracing.library.titles import place_of
from backend.tracing.naming import first_cause
from backend.tracing.sentences import Sentence, reason_sentence, shortest_first
from backend.tracing.steps import steps_of
from backend.tracing.telling import Clause, told_cause

Names = Mapping[str, tuple[str, str]]
"""Node key → what it is called, Chinese and English."""
Words = dict[str, str]
"""``{"zh": …, "en": …}``"""
_LOCALES = {"zh": "zh_CN", "en": "en"}
_BETWEEN = {"zh": "、", "en": ", "}
_CLAUSES = {"zh": "；", "en": "; "}


def both(names: Names, key: str) -> Words:
    """What a node is called; its key where it is no longer there."""
    zh, en = names.get(key, (key, key))
    return {"zh": zh, "en": en or zh}


def root_of(result: Mapping[str, Any], confirmed: str, note: str, names: Names) -> dict[str, Any] | None:
    """The root cause with its evidence and way to the symptom; None where the trace has none.

    What a person ``confirmed`` (a key, or ``other`` with its ``note``) goes before what the trace names first.
    """
    first = first_cause(result)
    key = confirmed or (first.key if first else "")
    if not key:
        return None
    cause = _engine_cause(result, key)
    supports, against = (cause["supports"], shortest_first(cause["against"])) if cause else ([], [])
    return {
        "key": key,
        "name": _called(result, key, names),
        "confirmed": bool(confirmed),
        "note": note if confirmed else "",
        "probability": _probability(result, key),
        "told": _told(result, cause, names) if cause else None,
        "supports": [_sentence(reason_sentence(one), names) for one in supports],
        "against": [_sentence(reason_sentence(one), names) for one in against],
        "onset": _onset(cause, names) if cause else None,
        "path": [_step(step, names) for step in steps_of(result, cause)] if cause else [],
    }


def keys_of(result: Mapping[str, Any], confirmed: str) -> set[str]:
    """The nodes whose names ``root_of`` needs."""
    keys = {place_of(confirmed)} if confirmed else set()
    keys |= {result["symptom"]} if result.get("symptom") else set()
    keys |= {place_of(one["key"]) for one in result.get("fused", [])}
    for cause in result.get("causes", []):
        keys |= {cause["node"], *cause["path"]}
        keys |= {point for item in (*cause["supports"], *cause["against"]) for point in item["points"]}
    return keys


def _engine_cause(result: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    """The cause by readings that stands behind a key: the node itself, else one of the same equipment."""
    causes, place = result.get("causes", []), place_of(key)
    there = [one for one in causes if one["node"] == place]
    there += [one for one in causes if f"equipment:{one['equipment_id']}" == place]
    return there[0] if there else None


def _called(result: Mapping[str, Any], key: str, names: Names) -> Words:
    name = both(names, place_of(key))
    fused = next((one for one in result.get("fused", []) if one["key"] == key), None)
    if fused is None or not fused["title"]:
        return name
    return {"zh": f"{name['zh']}：{fused['title']}", "en": f"{name['en']}: {fused['title_en'] or fused['title']}"}


def _probability(result: Mapping[str, Any], key: str) -> float | None:
    fused = {one["key"]: one["probability"] for one in result.get("fused", [])}
    read = {one["node"]: one["probability"] for one in result.get("causes", [])}
    found = fused.get(key, read.get(key))
    return None if found is None else float(found)


def _onset(cause: Mapping[str, Any], names: Names) -> dict[str, Any]:
    moments = {name: cause[f"onset_{name}"] for name in ("at", "earliest", "latest")}
    return {"name": both(names, cause["node"]), **moments}


def _step(step: Any, names: Names) -> dict[str, Any]:
    at: datetime | None = step.onset_at
    return {"name": both(names, step.node), "at": at.isoformat() if at else None}


def _told(result: Mapping[str, Any], cause: Mapping[str, Any], names: Names) -> Words:
    clauses = told_cause(result, cause)
    return {short: _CLAUSES[short].join(_clause(one, short, names) for one in clauses) for short in _LOCALES}


def _clause(clause: Clause, short: str, names: Names) -> str:
    locale = _LOCALES[short]
    called = {key: both(names, node)[short] if (node := getattr(clause, key)) else "" for key in _CALLED}
    moved = translate(locale, clause.moved) if clause.moved else ""
    return translate(locale, clause.text, moved=moved, time=phrases.lasting(locale, clause.time_s), **called)


_CALLED = ("name", "symptom", "next")


def _sentence(said: Sentence, names: Names) -> Words:
    return {short: _filled(said, short, names) for short in _LOCALES}


def _filled(said: Sentence, short: str, names: Names) -> str:
    locale = _LOCALES[short]
    return translate(
        locale,
        said.text,
        duration=phrases.lasting(locale, said.duration_s or 0.0),
        size=phrases.number(said.size, 0 if said.size >= 10 else 1),
        percent=phrases.number(said.share * 100) + "%",
        points=_BETWEEN[short].join(both(names, key)[short] for key in said.points),
        days=said.days,
        text=said.detail,
    )
