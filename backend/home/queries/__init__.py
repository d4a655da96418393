"""All questions of the first page."""

from backend.home.queries.layouts import Version, layout_numbered, layouts, versions
from backend.home.queries.seldom import Seldom, seldom
from backend.home.queries.standing import Look, Standing, is_beginning, look

__all__ = [
    "Look",
    "Seldom",
    "Standing",
    "Version",
    "is_beginning",
    "layout_numbered",
    "layouts",
    "look",
    "seldom",
    "versions",
]
