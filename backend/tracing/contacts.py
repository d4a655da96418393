"""Which points are contacts of plant alarms: the engine takes them for evidence, never for causes. Pure.

A contact has no unit, only the values 0 and 1, rests at 0 in normal work, and somebody made a rule of it (or an alarm
of it was raised). Switches and states that no rule judges stay candidates for the cause.
"""

from collections.abc import Sequence

import numpy as np

from backend.tracing.engine import Normal, Window


def contacts_among(window: Window, normal: Normal, candidates: Sequence[str]) -> tuple[str, ...]:
    """Those of ``candidates`` that never held another value than 0 or 1, and 0 mostly."""
    place = {name: column for column, name in enumerate(normal.points)}
    values = window.arranged(normal.points).values
    return tuple(name for name in candidates if name in place and _is_contact(values, normal, place[name]))


def _is_contact(values: np.ndarray, normal: Normal, column: int) -> bool:
    seen = np.append(normal.quantiles[column], values[:, column])
    seen = seen[~np.isnan(seen)]
    return normal.median[column] == 0 and bool(np.isin(seen, (0.0, 1.0)).all())
