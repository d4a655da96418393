"""What people were taught, until when it holds."""
