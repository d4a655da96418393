"""All SQL of lessons on behalf of people."""
