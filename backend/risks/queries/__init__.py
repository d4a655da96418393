"""All questions about risk points."""

from backend.risks.queries.board import BoardLine, PlaceRisk, at_place, board, level_counts
from backend.risks.queries.choosing import Checks, Choices, checks, choices
from backend.risks.queries.one import MeasureView, PointView, SourceView, measure_of, point_view, source_of
from backend.risks.queries.policy import band_changes, bands_of
from backend.risks.queries.whole import whole_list

__all__ = [
    "BoardLine",
    "Checks",
    "Choices",
    "MeasureView",
    "PlaceRisk",
    "PointView",
    "SourceView",
    "at_place",
    "band_changes",
    "bands_of",
    "board",
    "checks",
    "choices",
    "level_counts",
    "measure_of",
    "point_view",
    "source_of",
    "whole_list",
]
