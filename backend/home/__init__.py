"""What waits for the person who looks: the first page."""
