"""What pages show of people and of what they did."""
