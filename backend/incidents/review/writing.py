"""Writes the report of a closed incident by itself, and again when its trace says more. Worker role.

What it holds is a snapshot: names in both languages as they are now, moments ISO 8601 in UTC, so that a version reads
in ten years as it does today. Duties not done aren't in it: who may see which depends on the reader.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.events import record_event
from backend.identity.permissions import system_query
from backend.incidents.models import Incident, IncidentState
from backend.incidents.review import collecting
from backend.incidents.review.accident import accident_class
from backend.incidents.review.effects import Change
from backend.incidents.review.foresight import Compared, compare, first_warning, hit_share
from backend.incidents.review.likeness import alike
from backend.incidents.review.models import IncidentReview
from backend.incidents.review.rooting import Names, both, keys_of, root_of


@system_query("the worker writes the reports of every site")
async def write_review(session: AsyncSession, incident_id: int) -> IncidentReview | None:
    """A version of the report with what is known now; None where that is what the newest one says, or it isn't closed.

    Remarks of the newest version go on. Who led and who closed it hear of the first version.
    """
    found = select(Incident).where(col(Incident.id) == incident_id).with_for_update(key_share=True)
    incident = (await session.scalars(found.execution_options(populate_existing=True))).one()
    if incident.state != IncidentState.CLOSED:
        return None
    newest = await newest_review(session, incident_id)
    content = await _content(session, incident)
    if newest is not None and newest.content == content:
        return None
    row = IncidentReview(
        site_id=incident.site_id,
        incident_id=incident_id,
        version=newest.version + 1 if newest else 1,
        content=content,
        remarks=newest.remarks if newest else "",
    )
    session.add(row)
    await session.flush()
    await _tell(session, incident, row)
    return row


@system_query("versions follow each other, whoever writes the next one")
async def newest_review(session: AsyncSession, incident_id: int) -> IncidentReview | None:
    """The newest version of an incident's report."""
    of_it = select(IncidentReview).where(col(IncidentReview.incident_id) == incident_id)
    return await session.scalar(of_it.order_by(col(IncidentReview.version).desc()).limit(1))


async def _content(session: AsyncSession, incident: Incident) -> dict[str, Any]:
    """All parts of the report as JSON."""
    alarms = await collecting.alarms_of(session, incident)
    lines = await collecting.lines_of(session, incident)
    points = await collecting.points_of(session, incident)
    point_ids = [row["point_id"] for row in points]
    trace = await collecting.trace_of(session, incident)
    first_told = trace["first_made_at"] if trace else None
    compared = compare(await collecting.forecasts_of(session, incident), collecting.as_alarmed(alarms), first_told)
    result = trace["result"] if trace else {}
    confirmed = trace["confirmed_node"] if trace else ""
    keys = keys_of(result, confirmed) | {f"equipment:{one.equipment_id}" for one in compared}
    names = await collecting.names_of(session, incident.site_id, keys)
    changes = await collecting.changes_after(session, incident, lines, point_ids)
    past = await collecting.past_of(session, incident)
    likely = alike(next(one for one in past.features if one.incident_id == incident.id), past.features)
    return {
        "accident": _accident(incident),
        "trace_id": trace["id"] if trace else None,
        "root": root_of(result, confirmed, trace["confirmation_note"], names) if trace else None,
        "scope": {
            "first_told_at": first_told.isoformat() if first_told else None,
            "counts": hit_share(compared),
            "equipment": [_compared(one, names) for one in compared],
        },
        "warning": _warning(incident, alarms),
        "timeline": _timeline(incident, alarms, lines),
        "effects": [_effect(line, changes[line["id"]]) for line in lines if line["id"] in changes],
        "points": [_point(row) for row in points],
        "courses": await _courses(session, incident, point_ids),
        "people": _people(lines),
        "similar": [_similar(past.rows[id_], common) for id_, common in likely],
    }


def _accident(incident: Incident) -> dict[str, Any]:
    by_law = accident_class(incident.deaths, incident.injured, incident.loss_yuan)
    return {
        "class": str(by_law) if by_law else "",
        "deaths": incident.deaths,
        "injured": incident.injured,
        "loss_yuan": None if incident.loss_yuan is None else str(incident.loss_yuan),
        "losses": incident.losses,
        **({"type": incident.accident} if incident.accident else {}),
    }


def _compared(one: Compared, names: Names) -> dict[str, Any]:
    told, came = one.forecast, one.alarm
    return {
        "equipment_id": one.equipment_id,
        "name": both(names, f"equipment:{one.equipment_id}"),
        "outcome": str(one.outcome),
        "foretold_at": told.foretold_at.isoformat() if told else None,
        "arrival_at": told.arrival_at.isoformat() if told else None,
        "earliest": told.earliest.isoformat() if told else None,
        "latest": told.latest.isoformat() if told else None,
        "alarm_id": came.alarm_id if came else None,
        "alarmed_at": came.at.isoformat() if came else None,
        "late_s": one.late_s,
        "within": one.within,
    }


def _warning(incident: Incident, alarms: Sequence[RowMapping]) -> dict[str, Any] | None:
    found = first_warning(collecting.as_alarmed(alarms), incident.opened_at)
    if found is None:
        return None
    row = next(row for row in alarms if row["id"] == found[0].alarm_id)
    said = {"zh": row["title"], "en": row["title_en"] or row["title"]}
    return {"alarm_id": row["id"], "title": said, "at": _iso(row["raised_at"]), "lead_s": found[1]}


def _timeline(incident: Incident, alarms: Iterable[RowMapping], lines: Iterable[RowMapping]) -> list[dict[str, Any]]:
    """Alarms and lines of the log in time."""
    raised = [
        {
            "at": _iso(row["raised_at"]),
            "what": "warning" if row["warning"] else "alarm",
            "title": {"zh": row["title"], "en": row["title_en"] or row["title"]},
            "level": row["level"],
            "url": f"/alarms/{row['id']}",
        }
        for row in alarms
    ]
    written = [{"at": _iso(row["at"]), "what": row["kind"], "who": _who(row), "words": row["words"]} for row in lines]
    return sorted([*raised, *written], key=lambda one: str(one["at"]))


def _effect(line: RowMapping, changes: Iterable[Change]) -> dict[str, Any]:
    return {
        "at": _iso(line["at"]),
        "what": line["kind"],
        "who": _who(line),
        "words": line["words"],
        "changes": [
            {"point_id": one.point_id, "before": one.before, "after": one.after, "moved": str(one.moved)}
            for one in changes
        ],
    }


def _point(row: RowMapping) -> dict[str, Any]:
    name = {"zh": row["name"], "en": row["name_en"] or row["name"]}
    return {"id": row["point_id"], "name": name, "unit": row["unit"], "decimals": row["decimals"]}


async def _courses(session: AsyncSession, incident: Incident, point_ids: list[int]) -> dict[str, Any]:
    """JSON has no numbers for keys."""
    courses = await collecting.courses_of(session, incident, point_ids)
    return {**courses, "cells": {str(id_): cells for id_, cells in courses["cells"].items()}}


def _people(lines: Iterable[RowMapping]) -> list[dict[str, Any]]:
    """Who did what, in the order in which they came in."""
    found: dict[int, dict[str, Any]] = {}
    for row in lines:
        if row["person_id"] is None:
            continue
        one = found.setdefault(row["person_id"], {"name": _who(row), "role": row["role"], "did": []})
        if row["kind"] not in one["did"]:
            one["did"].append(row["kind"])
    return list(found.values())


def _similar(row: RowMapping, common: Iterable[str]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "number": row["number"],
        "title": {"zh": row["title"], "en": row["title_en"] or row["title"]},
        "at": _iso(row["began_at"]),
        "common": [str(one) for one in common],
    }


def _who(row: RowMapping) -> dict[str, str] | None:
    return {"zh": row["name"], "en": row["name_en"] or row["name"]} if row["name"] else None


def _iso(at: datetime) -> str:
    return at.isoformat()


async def _tell(session: AsyncSession, incident: Incident, row: IncidentReview) -> None:
    first = row.version == 1
    told = {incident.lead_id, incident.closed_by} - {None} if first else set()
    await record_event(
        session,
        site_id=incident.site_id,
        kind="incident.reviewed",
        subject="incident",
        subject_id=incident.id,
        level=incident.level,
        data={
            "title_zh": f"复盘报告已生成 {incident.number}：{incident.title}",
            "title_en": f"Review report of {incident.number}: {incident.title_en}",
            "url": f"/incidents/{incident.id}/review",
            "number": incident.number,
            "version": row.version,
            "told": sorted(one for one in told if one is not None),
        },
    )
