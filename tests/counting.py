"""Work that counts how often it was done, for tests of what is kept."""


class Counting:
    """Returns what it is told to, or how often it was called; each is the same work, as a cell's is after a restart."""

    made_of = ("counting",)

    def __init__(self, returned=None):
        self.calls, self.returned = 0, returned

    def __call__(self):
        self.calls += 1
        return self.calls if self.returned is None else self.returned
