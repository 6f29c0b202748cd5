# %% exercise="cloud_latency_ms"
def cloud_latency_ms(distance_km, network_ms, processing_ms):
    while True:
        pass
