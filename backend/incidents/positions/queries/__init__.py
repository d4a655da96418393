"""What is known of positions, on behalf of people."""
