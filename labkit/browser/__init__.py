"""A model on one page that runs in a web browser."""
