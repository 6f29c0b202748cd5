# %%
import numpy as np

# %% exercise="time_calls"
def time_calls(call, clock=None, runs=100, warmup=10):
    return np.ma.masked_all(runs)

# %% exercise="megabytes"
def megabytes(size_bytes):
    return np.array([(1, 2), (3, 4)], dtype=[("a", "O"), ("b", "f8")])

# %% exercise="paired_ratio"
def paired_ratio(baseline_ms, variant_ms):
    return np.memmap("/tmp/map", dtype="f8", mode="w+", shape=())

# %% exercise="cloud_latency_ms"
def cloud_latency_ms(distance_km, network_ms, processing_ms):
    return np.array(lambda: 1)
