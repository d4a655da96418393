"""What people do about positions: agree, take it back, send, delete their own, look, set how long they are kept."""

from backend.incidents.positions.commands.consenting import agree, erase_own, withdraw
from backend.incidents.positions.commands.looking import note_look
from backend.incidents.positions.commands.receiving import Taken, take_positions
from backend.incidents.positions.commands.setting import set_rule

__all__ = ["Taken", "agree", "erase_own", "note_look", "set_rule", "take_positions", "withdraw"]
