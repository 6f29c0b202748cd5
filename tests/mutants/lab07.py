"""Lab 07: answers whose outcome is known."""
