"""How many alarms people bear, and how there come to be fewer: figures, rules tried on the past, changes followed."""
