"""A replay in the words of who looks, for the page's script and the table beside it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backend.core.i18n import translate
from backend.core.phrases import number
from backend.identity.models import Person
from backend.incidents.positions.picturing import Spot
from backend.incidents.positions.queries.replay import Replay
from backend.incidents.positions.replaying import State
from backend.incidents.positions.whereabouts import FRESH, FRESH_AT_PLACE, Place, Source
from backend.incidents.positions.wording import NEAR, NOWHERE, OFF_SITE, SO_FAR, SOURCES

MOST_ROWS = 300
_SIZE = 12.0


@dataclass(frozen=True)
class Row:
    """A line of the table: from when on (UTC) who was where."""

    at: datetime
    person: Person
    words: str


def rows_of(replay: Replay, locale: str) -> list[Row]:
    """Each change of what is known, in order of time."""
    frames = replay.clock.frames
    found = [
        Row(frames[state.frame], shown.person, words_of(replay, state, locale))
        for shown, states in replay.people
        for state in states
    ]
    return sorted(found, key=lambda row: row.at)


def script_of(replay: Replay, locale: str) -> dict[str, Any]:
    """For ``positions/replay.js``: moments in milliseconds, places in the sheet's units."""
    fresh = FRESH_AT_PLACE.total_seconds() * 1000
    return {
        "frames": [_ms(at) for at in replay.clock.frames],
        "size": replay.map.sheet.text_size if replay.map.sheet else _SIZE,
        "fresh": {source: FRESH.total_seconds() * 1000 if source is Source.GPS else fresh for source in Source},
        "people": [[_state(replay, state, locale) for state in states] for _, states in replay.people],
        "rolls": [vars(one) for one in replay.rolls],
        "reached": [[one.frame, one.equipment_id] for one in replay.reached],
    }


def words_of(replay: Replay, state: State, locale: str) -> str:
    """Where somebody is, and how it is known."""
    return f"{_where(replay, state, locale)} · {translate(locale, SOURCES[state.known.source])}"


def _where(replay: Replay, state: State, locale: str) -> str:
    known, near, away = state.known, replay.map.near(state.known), replay.map.away_m(state.known)
    if known.off_site:
        return translate(locale, OFF_SITE)
    if known.place:
        return _name(known.place, locale)
    if near:
        return translate(locale, NEAR, place=_name(near, locale))
    if known.position and away is not None:
        return translate(locale, SO_FAR, m=number(round(away, -1)))
    return f"{known.position.lat:.5f}, {known.position.lon:.5f}" if known.position else translate(locale, NOWHERE)


def _state(replay: Replay, state: State, locale: str) -> dict[str, Any]:
    known = state.known
    return {
        "frame": state.frame,
        "source": known.source,
        "at": _ms(known.at) if known.at else None,
        "doubtful": known.doubtful,
        "spot": _spot(state.spot),
        "words": words_of(replay, state, locale),
    }


def _spot(spot: Spot | None) -> Sequence[float] | None:
    return [round(spot.x, 1), round(spot.y, 1), round(spot.radius, 1)] if spot else None


def _name(place: Place, locale: str) -> str:
    return (locale == "en" and place.name_en) or place.name


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
