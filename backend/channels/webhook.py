"""What another system gets: JSON, as docs/channels.en.md describes it. Pure."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from backend.channels.kinds import LIMITS, Kind
from backend.channels.letters import Frame, Letter, Told

VERSION = 1


def webhook_body(
    letter: Letter, things: Sequence[Told], frame: Frame, site: Mapping[str, str], report: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Every event with its data in both languages, in the order in which they happened; what is too much for one
    request is counted in ``more``."""
    body: dict[str, Any] = {
        "version": VERSION,
        "delivery": str(letter.number),
        "kind": str(letter.kind),
        "site": dict(site),
        "title": letter.title,
        "items": [],
        "more": 0,
    }
    if report is not None:
        body["report"] = dict(report)
    items = [_item(one, frame) for one in sorted(things, key=lambda thing: (thing.at, thing.event_id))]
    room = LIMITS[Kind.WEBHOOK].bytes_ - _size(body)
    for item in items:
        room -= _size(item) + 2
        if room < 0:
            break
        body["items"].append(item)
    body["more"] = len(items) - len(body["items"])
    return body


def _item(one: Told, frame: Frame) -> dict[str, Any]:
    told = one.told
    return {
        "event": one.event_id,
        "topic": one.topic,
        "subject": one.subject,
        "id": one.subject_id,
        "level": one.level,
        "at": one.at.astimezone(UTC).isoformat(timespec="seconds"),
        **{name: told.get(f"{name}_zh") or "" for name in ("title", "area", "posts")},
        **{f"{name}_en": told.get(f"{name}_en") or "" for name in ("title", "area", "posts")},
        "over": one.over,
        "url": frame.url(str(told.get("url") or "")),
    }


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())
