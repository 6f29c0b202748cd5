# %% exercise="cloud_latency_ms"
import sys

print("x" * 10_000_000)


def cloud_latency_ms(distance_km, network_ms, processing_ms):
    for _ in range(10):
        print("x" * 10_000_000)
        sys.stderr.write("x" * 1_000_000)
    return 2 * distance_km / 200 + network_ms + processing_ms
