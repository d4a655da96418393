"""Risk points and their control (双重预防): what may go wrong where, how badly, and what holds it."""
