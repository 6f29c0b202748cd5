# %% exercise="throughput"
def throughput(latency_ms, batch:
    return batch * 1000 / latency_ms

# %% exercise="verdict"
@NESTED@

# %% exercise="cloud_latency_ms"
x = "@NUL@"
def cloud_latency_ms(distance_km, network_ms, processing_ms):
    return 1.0
