"""The tracing engine: detect early, name the root, foresee the spread, say why. Pure: values in, values out.

    normal = learn_normal(Window.of(times_s, points, values))        # rows known to be fault-free
    Detector(normal).step(row)                                       # early warning, row by row
    first_movers(window, normal, start)                              # who moved first, and how
    time_to_limit(window, "V-4", 120.0)                              # when, if it goes on so
    trace(window, normal, PlantGraph.from_topology(topology))        # ranked causes, paths, scope, reasons
    impact(window, normal, graph, sources=["V-4"])                   # where it goes from here

No IO, no database, no clock; imports nothing else of ours. `docs/tracing.md` explains the methods.
"""

from .detection import Detection, Detector, Score, contributions, detect
from .explanation import Evidence, Explanation, Reason
from .forms import Form, Mover, first_movers
from .graph import CARRIERS, Carrier, Link, LinkKind, Node, NodeKind, PlantGraph, Reach
from .joining import joined
from .learned import ConfirmedCase, LearnedDelay, Place, SimilarCase
from .learning import learn_normal
from .normal import Normal
from .prognosis import TimeToLimit, time_to_limit
from .scope import Affected, Outlook, impact, reached_from
from .signature import Signature, likeness, signature_of
from .tracing import Cause, TraceResult, UnitShare, trace
from .window import Window, WindowError

__all__ = [
    "CARRIERS",
    "Affected",
    "Carrier",
    "Cause",
    "ConfirmedCase",
    "Detection",
    "Detector",
    "Evidence",
    "Explanation",
    "Form",
    "LearnedDelay",
    "Link",
    "LinkKind",
    "Mover",
    "Node",
    "NodeKind",
    "Normal",
    "Outlook",
    "Place",
    "PlantGraph",
    "Reach",
    "Reason",
    "Score",
    "Signature",
    "SimilarCase",
    "TimeToLimit",
    "TraceResult",
    "UnitShare",
    "Window",
    "WindowError",
    "contributions",
    "detect",
    "first_movers",
    "impact",
    "joined",
    "learn_normal",
    "likeness",
    "reached_from",
    "signature_of",
    "time_to_limit",
    "trace",
]
