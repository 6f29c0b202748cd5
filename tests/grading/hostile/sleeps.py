# %% exercise="megabytes"
def megabytes(size_bytes):
    import time

    time.sleep(10)
    return size_bytes / 10**6, size_bytes / 2**20
