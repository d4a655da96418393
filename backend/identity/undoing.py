"""Going back to how a setting stood, from the changes that the audit keeps of it.

For settings that keep one row and no versions of their own: each entry has what stood in a field before and after, and
entries are never changed, so that they are the setting's versions.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from backend.core.errors import NotFound
from backend.identity.queries.audit import Entry
from backend.identity.wording import ChangedField, Words, action_words, changed_fields


@dataclass(frozen=True)
class Past:
    """One change of a setting, in words."""

    entry: Entry
    deed: Words
    fields: tuple[ChangedField, ...]


def in_words(entries: Iterable[Entry], zone: ZoneInfo) -> list[Past]:
    """Changes as a page shows them (``identity/parts.html``, ``past_list``); what changed nothing is left out."""
    return [
        Past(one, action_words(one.action), tuple(changed_fields(one.change, zone))) for one in entries if one.change
    ]


def as_before(entries: Iterable[Entry], entry_id: int, present: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of ``present`` as they stood before the change ``entry_id``: it and all later ones undone.

    ``entries``: those of this one setting, newest first. Fields that no change names stay as they are. Raises NotFound
    where the change isn't among them.
    """
    fields = dict(present)
    for entry in entries:
        for name, pair in entry.change.items():
            if name in fields and isinstance(pair, list) and len(pair) == 2:
                fields[name] = pair[0]
        if entry.id == entry_id:
            return fields
    raise NotFound()
