"""The cleaning queue: suspect data found, decided by people with the effect on the figures shown, taken back."""
