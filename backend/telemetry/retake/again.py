"""What of a held message is read anew, by the very parser and rules of the ingest. Pure.

A message may have been taken in part: of those values only what a point refused is looked at again, since the same
value without a time of its own would be stored a second time. Of a message nothing was ever stored of, all is.
"""

from collections.abc import Collection
from typing import NamedTuple

from backend.telemetry.assembly import MOST_CODE, Assembly, Incoming, Opened, open_message, shown
from backend.telemetry.formats import Decoded, Micros, Refusal, Value
from backend.telemetry.plant_map import KnownSite, PlantMap
from backend.telemetry.reasons import AT_THE_POINT, Reason


class Part(NamedTuple):
    """What was refused of a message."""

    reason: str
    code: str
    parts: int = 1


class Held(NamedTuple):
    """A held message: the ``parts`` that are asked for, and the codes of those that are not."""

    id: int
    topic: str
    payload: bytes
    received: Micros
    retained: bool
    whole: bool
    parts: tuple[Part, ...]
    other_codes: frozenset[str] = frozenset()


class Outcome(NamedTuple):
    """What came of one message."""

    held: Held
    refused: tuple[Part, ...]
    """What is still refused of the parts asked for, with its cause of now."""
    stored: bool
    """Whether anything of it became a reading, or was one already."""


def read_again(held: Held, plant: PlantMap, site: KnownSite) -> Opened:
    """The message with only what is asked for; one that names another site stays refused."""
    message = Incoming(held.topic, held.payload, held.received, retain=held.retained)
    opened = open_message(message, plant)
    if opened.site is None or opened.site.id != site.id:
        content = Decoded([], [Refusal(Reason.WRONG_SITE, "", opened.address.site[:200])])
    else:
        content = opened.content
    return Opened(message, opened.address, site, _asked(content, held))


def take(held: Held, opened: Opened, assembly: Assembly) -> Outcome:
    """Give what ``read_again`` found to ``assembly``; what it refuses stays with the message."""
    before = len(assembly.held)
    assembly.add(opened, ())
    refused = assembly.held[before].parts if len(assembly.held) > before else {}
    kept = tuple(Part(reason, code, count) for (reason, code), count in refused.items())
    values = len(opened.content.values)
    refused_values = sum(part.parts for part in kept) - sum(one.parts for one in opened.content.refusals)
    return Outcome(held, kept, stored=values > refused_values)


def code_of(value: Value) -> str:
    """The code by which a value is refused, as it is kept."""
    return shown(value.alias or value.code, MOST_CODE)


def _asked(content: Decoded, held: Held) -> Decoded:
    at_points = {part.code for part in held.parts if part.reason in AT_THE_POINT}
    wanted = {part.code for part in held.parts if part.code} if held.whole else set()
    everything = held.whole and any(not part.code for part in held.parts)

    def asked(code: str) -> bool:
        return code in wanted or (everything and code not in held.other_codes)

    values = [value for value in content.values if code_of(value) in at_points or asked(code_of(value))]
    refusals = [refusal for refusal in content.refusals if held.whole and asked(shown(refusal.code, MOST_CODE))]
    met = {code_of(value) for value in values} | {shown(refusal.code, MOST_CODE) for refusal in refusals}
    return Decoded(values, [*refusals, *_unmet(content, held.parts, met, everything=everything)])


def _unmet(content: Decoded, parts: Collection[Part], met: set[str], *, everything: bool) -> list[Refusal]:
    """Parts that the message no longer shows, or that may not be read anew: they stay as they are.

    When all of the message is refused now (its site is gone), that is their cause.
    """
    now = content.refusals[0].reason if not content.values and content.refusals else None
    return [
        Refusal(now if now is Reason.WRONG_SITE else Reason(part.reason), part.code, "", part.parts)
        for part in parts
        if part.code not in met and not (everything and not part.code and met)
    ]
