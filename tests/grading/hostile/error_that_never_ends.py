# %%
class Endless(Exception):
    def __str__(self):
        while True:
            pass


class Broken(Exception):
    def __str__(self):
        raise Broken

    __repr__ = __str__
    args = property(__str__)

# %% exercise="cloud_latency_ms"
def cloud_latency_ms(distance_km, network_ms, processing_ms):
    raise Endless

# %% exercise="megabytes"
def megabytes(size_bytes):
    raise Broken
