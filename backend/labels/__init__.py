"""Labels on equipment and areas: signed, revocable, printed as QR with a short code to type, and read back."""
