# %% exercise="megabytes"
def megabytes(size_bytes):
    nested = []
    for _ in range(100_000):
        nested = [nested]
    return nested
