"""What the following of an incident asks the database."""
