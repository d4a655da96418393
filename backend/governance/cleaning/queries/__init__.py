"""What pages and decisions ask of the cleaning queue."""
