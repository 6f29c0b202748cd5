"""A model on one page that runs in a web browser, from disk, without a network."""

from labkit.browser.download import Download, bytes_to_load
from labkit.browser.facts import facts
from labkit.browser.page import page

__all__ = ["Download", "bytes_to_load", "facts", "page"]
