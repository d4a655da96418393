"""Running the system itself: doctor, health, retention."""
