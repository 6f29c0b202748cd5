"""Lab 06: answers whose outcome is known."""
