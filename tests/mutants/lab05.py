"""Lab 05: answers whose outcome is known."""
