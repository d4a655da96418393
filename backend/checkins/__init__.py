"""Check-ins (巡检打卡): rounds that are due, and what was found on them."""
