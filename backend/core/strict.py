"""What is read from files that people write: fields that aren't known are an error."""

import msgspec


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A misspelt limit or chance must not vanish silently. Classes that derive from it repeat ``frozen=True``."""
