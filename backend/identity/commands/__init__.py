"""What people do about people: sign in and out, look after their own sign-ins, and administer others."""
