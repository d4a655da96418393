"""An incident at a glance: what matters this minute, and a line for each part of its page that stays folded."""
