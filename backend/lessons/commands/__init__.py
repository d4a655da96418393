"""What people do about lessons."""

from backend.lessons.commands.deciding import Choice, adopt, decline
from backend.lessons.commands.looking import look_now

__all__ = ["Choice", "adopt", "decline", "look_now"]
