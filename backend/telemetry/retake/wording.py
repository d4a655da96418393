"""How a wish is written into an address."""

from urllib.parse import urlencode

from backend.telemetry.retake.queries import Wish


def address_of(wish: Wish) -> str:
    """The address of the preview of ``wish``."""
    asked = {"reason": wish.reason, "code": wish.code, "source": wish.source, "mended": "true" if wish.mended else ""}
    return f"/retakes?{urlencode({name: value for name, value in asked.items() if value})}"
