"""Source, way so far and predicted scope of an incident, from the trace of its alarms. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from backend.tracing.foretelling import LIMITS_TOLD, LimitAhead, foretold
from backend.tracing.queries import NodeName, TraceView
from backend.tracing.steps import Reached, Step, equipment_path, reached_equipment, steps_of
from backend.tracing.timeline import Moment, timeline


@dataclass(frozen=True)
class Way:
    """A trace as an incident follows it, along its likeliest cause; ``path`` and ``beyond`` are equipment ids."""

    view: TraceView
    steps: Sequence[Step]
    path: Sequence[int]
    reached: Sequence[Reached]
    moments: Sequence[Moment]
    ahead: Sequence[LimitAhead]

    @property
    def arrived(self) -> list[Reached]:
        """What it has reached."""
        return [one for one in self.reached if one.arrived]

    @property
    def coming(self) -> list[Reached]:
        """What it is expected to reach, the soonest first."""
        return [one for one in self.reached if not one.arrived]

    @property
    def beyond(self) -> list[int]:
        """What it reaches besides the way itself."""
        return [one.equipment_id for one in self.reached if one.equipment_id not in self.path]

    @property
    def source(self) -> NodeName | None:
        """Where it began, by the trace; None where it has no cause."""
        return self.view.first.name if self.view.first else None

    @property
    def touched(self) -> list[int]:
        """All equipment of the way and of the scope."""
        return list(dict.fromkeys([*self.path, *(one.equipment_id for one in self.reached)]))


def way_of(view: TraceView, now: datetime) -> Way:
    """What the trace says of the way; limits that still lie ahead at ``now`` (UTC)."""
    causes = view.result["causes"]
    steps = steps_of(view.result, causes[0]) if causes else []
    places = {step.node: view.name(step.node).equipment_id for step in steps}
    reached = reached_equipment(view.result)
    path = equipment_path(steps, places)
    ahead = foretold(view.result, now)[:LIMITS_TOLD]
    return Way(view, steps, path, reached, timeline(steps, reached, places), ahead)
