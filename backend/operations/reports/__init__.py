"""The weekly and monthly safety report: written by the worker, told to people, to read, print and take along."""
