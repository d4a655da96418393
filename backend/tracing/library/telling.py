"""The fused list as it is stored and shown: ranked causes, each with what it cites, who answers for it, what to ask."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from backend.tracing.engine.fusion import Fused
from backend.tracing.library.assembling import Known, Network, Place, Suspect
from backend.tracing.library.catalogue import FactorSpec, Library
from backend.tracing.records import RecordEvidence

CAUSES_KEPT = 8
LEAST_CAUSE, LEAST_CONTRIBUTION = 0.01, 0.02
MOST_CITED_READINGS = 4
REST = "rest"
"""Key of the last entry: whatever isn't listed above it, so that the causes that don't contribute sum to 1."""


def told(
    library: Library, known: Known, network: Network, fused: Fused, records: Sequence[RecordEvidence]
) -> list[dict[str, Any]]:
    """Causes and contributing factors in one list, likeliest first, then what is left.

    Of a cause ``probability`` is that it is the one; of an entry with ``contributes`` it is how much of the others'
    probability would go elsewhere without it, which is no part of the sum.
    """
    ranked = sorted(fused.modes.items(), key=lambda item: (-item[1], item[0]))
    kept = [(key, p) for number, (key, p) in enumerate(ranked) if number < CAUSES_KEPT and p >= LEAST_CAUSE]
    by_place = {place.equipment_id: place for place in known.places}
    causes = [_cause(network.suspects[key], p, known, network, fused, records, by_place, library) for key, p in kept]
    _place_questions(causes, network, fused)
    contributing = [
        _contribution(key, share, network.factors[key], records)
        for key, share in fused.explained.items()
        if share >= LEAST_CONTRIBUTION
    ]
    listed = sorted([*causes, *contributing], key=lambda one: (-one["probability"], one["contributes"], one["key"]))
    left = 1.0 - sum(one["probability"] for one in causes)
    return [*listed, _entry(REST, "equipment", None, ("未列出的原因", "Causes not listed"), max(left, 0.0))]


def of_two_faults(first: Sequence[dict[str, Any]], second: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Two lists as ``told`` writes them as one: the first cause of each, all others likeliest first, and what the first
    list leaves. Each entry says in ``disturbance`` whose it is; of each the causes sum to 1 with what isn't listed."""
    marked = [[one | {"disturbance": number} for one in listed] for number, listed in enumerate((first, second))]
    heads = [next((one for one in listed if not one["contributes"]), listed[-1]) for listed in marked]
    heads = [one for one in heads if one["key"] != REST]
    others = [one for listed in marked for one in listed if one["key"] != REST and one not in heads]
    others.sort(key=lambda one: (-one["probability"], one["contributes"], one["key"]))
    return [*heads, *others, marked[0][-1]]


def changes(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What an answer moved by a percent or more, most first: ``{key, equipment_id, titles, before, after}``."""
    old = {one["key"]: one for one in before}
    new = {one["key"]: one for one in after}
    moved = []
    for key in old.keys() | new.keys() - {REST}:
        one = new.get(key) or old[key]
        was = old[key]["probability"] if key in old else 0.0
        now = new[key]["probability"] if key in new else 0.0
        if key != REST and abs(now - was) >= 0.01:
            named = {name: one[name] for name in ("key", "equipment_id", "title", "title_en")}
            moved.append({**named, "before": was, "after": now})
    return sorted(moved, key=lambda one: (-abs(one["after"] - one["before"]), one["key"]))[:3]


def _cause(
    suspect: Suspect,
    probability: float,
    known: Known,
    network: Network,
    fused: Fused,
    records: Sequence[RecordEvidence],
    by_place: Mapping[int, Place],
    library: Library,
) -> dict[str, Any]:
    spec, place = suspect.spec, suspect.place
    mode = next(one for one in network.case.modes if one.key == suspect.key)
    raised = {key.rpartition(".")[2] for key in mode.raises}
    cites: list[dict[str, Any]] = [
        {"kind": "reading", "point": point.key, "shape": sign.shape.value, "size": round(point.size, 1)}
        for sign, point in sorted(suspect.shown, key=lambda item: -abs(item[1].size))
    ]
    cites = list({cite["point"]: cite for cite in reversed(cites)}.values())[::-1][:MOST_CITED_READINGS]
    if len(place.path) > 1:
        cites.append({"kind": "link", "path": list(place.path)})
    mine = [one for one in records if one.equipment_id == place.equipment_id and one.kind in raised]
    cites += [{"kind": "record", "record": asdict(one)} for one in mine]
    cites += [
        {"kind": "answer", "question": one.question, "answer": one.answer, "by": one.person_id, "at": one.at,
         "text": network.questions[one.question][1].text, "text_en": network.questions[one.question][1].text_en}
        for one in known.answers
        if one.question in mode.shows and one.question in network.questions
    ]  # fmt: skip
    entry = _entry(suspect.key, spec.kind, place.equipment_id, (spec.title, spec.title_en), probability)
    return entry | {
        "library_key": suspect.library_key,
        "advice": spec.advice,
        "advice_en": spec.advice_en,
        "cites": cites,
        "posts": _posts(suspect, by_place, library),
    }


def _posts(suspect: Suspect, by_place: Mapping[int, Place], library: Library) -> list[int]:
    """Posts that answer for the cause: of the equipment itself, or of what feeds it."""
    place = suspect.place
    own = [place.owner_post_id] if place.owner_post_id else []
    if suspect.spec.owner == "equipment":
        return own
    above = [by_place[id_] for id_ in place.upstream if id_ in by_place]
    if suspect.spec.owner == "utilities":
        above = [one for one in (place, *above) if _is_utility(library, one)]
    posts = [one.owner_post_id for one in above if one.owner_post_id]
    return list(dict.fromkeys(posts)) or own


def _is_utility(library: Library, place: Place) -> bool:
    known = library.of(place.equipment_class)
    return known is not None and known.key in {"cooling_water", "steam"}


def _contribution(
    key: str, share: float, what: tuple[Place, FactorSpec], records: Sequence[RecordEvidence]
) -> dict[str, Any]:
    place, factor = what
    mine = [one for one in records if one.equipment_id == place.equipment_id and one.kind == factor.key]
    posts = [one.post_id for one in mine if one.post_id] or ([place.owner_post_id] if place.owner_post_id else [])
    entry = _entry(key, factor.kind, place.equipment_id, (factor.title, factor.title_en), share)
    return entry | {
        "library_key": f"factor.{factor.key}",
        "contributes": True,
        "advice": factor.advice,
        "advice_en": factor.advice_en,
        "cites": [{"kind": "record", "record": asdict(one)} for one in mine],
        "posts": list(dict.fromkeys(posts)),
    }


def _entry(
    key: str, kind: str, equipment_id: int | None, titles: tuple[str, str], probability: float
) -> dict[str, Any]:
    return {
        "key": key,
        "library_key": "",
        "kind": kind,
        "contributes": False,
        "equipment_id": equipment_id,
        "title": titles[0],
        "title_en": titles[1],
        "probability": round(probability, 4),
        "advice": "",
        "advice_en": "",
        "cites": [],
        "posts": [],
        "questions": [],
    }


def _place_questions(causes: Sequence[dict[str, Any]], network: Network, fused: Fused) -> None:
    """Each question stands once: at the likeliest cause that its answer bears on, else at the first of its place."""
    listing = {mode.key: mode.shows for mode in network.case.modes}
    for question in fused.questions:
        place, check = network.questions[question.key]
        about = [one for one in causes if question.key in listing[one["key"]]]
        about = about or [one for one in causes if one["equipment_id"] == place.equipment_id] or list(causes[:1])
        if about:
            about[0]["questions"].append(
                {
                    "key": question.key,
                    "equipment_id": place.equipment_id,
                    "text": check.text,
                    "text_en": check.text_en,
                    "gain": round(question.gain, 3),
                    "posts": [place.owner_post_id] if place.owner_post_id else [],
                }
            )
