"""How rows of a table grow old: each domain says it of its own tables, ``governance.retention`` carries it out.

What would go (the dry run) and what goes are made of the same words, so that they can't differ.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Expiring:
    """Rows of ``table`` (alias ``t``) of one site. All parts are SQL of ours, never of a person."""

    table: str
    at: str
    """The moment from which a row's age counts."""
    also: str = "TRUE"
    """What else must hold of a row that may go."""
    blanked: tuple[str, ...] = ()
    """Columns that are emptied, the row stays. None: the row is deleted."""
    shown: str = "''"
    """A word of the row by which people recognise it."""
