# %% exercise="devices_that_fit"
def devices_that_fit(size_bytes, budgets):
    while True:
        yield from budgets

# %% exercise="megabytes"
def megabytes(size_bytes):
    import itertools

    return itertools.count()
