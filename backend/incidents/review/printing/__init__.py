"""The report to take along: as PDF, and as a document to go on writing in. All work is for a thread of its own."""
