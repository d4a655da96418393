"""What goes over the socket, as text. Each frame is encoded once for all who get it. Pure."""

from datetime import datetime
from typing import Any

import msgspec

from backend.core.events import Cursor, Entry

_encoder = msgspec.json.Encoder()


def _text(value: Any) -> str:
    return _encoder.encode(value).decode()


def event_frame(event: Entry, cursor: Cursor) -> str:
    """An event with the cursor that the phone stands at once it has it."""
    told = {
        "kind": event.kind,
        "subject": event.subject,
        "subject_id": event.subject_id,
        "story": event.story,
        "level": event.level,
        "at": event.at,
        "title_zh": event.data.get("title_zh", ""),
        "title_en": event.data.get("title_en", ""),
        "url": event.data.get("url", ""),
        "told": event.data.get("told", []),
    }
    return _text({"kind": "event", "id": event.id, "cursor": str(cursor), "event": told})


def snapshot_frame(cursor: Cursor) -> str:
    """Too much was missed to tell one by one: look at everything afresh."""
    return _text({"kind": "snapshot", "cursor": str(cursor)})


def ping_frame(cursor: Cursor, at: datetime, pipeline_age_s: float | None) -> str:
    """The line lives; ``pipeline_age_s`` is how old the last canary is that went all the way round."""
    age = None if pipeline_age_s is None else round(pipeline_age_s, 1)
    return _text({"kind": "ping", "cursor": str(cursor), "at": at, "pipeline_age_s": age})


def reading_frame(values: dict[int, tuple[int, float, int]]) -> str:
    """Latest values by point id: (epoch milliseconds, value, quality flags)."""
    return _text({"kind": "reading", "points": {str(point): value for point, value in values.items()}})
