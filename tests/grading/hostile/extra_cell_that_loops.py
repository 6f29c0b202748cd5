# %%
while True:
    pass

# %% exercise="cloud_latency_ms"
def cloud_latency_ms(distance_km, network_ms, processing_ms):
    return 2 * distance_km / 200 + network_ms + processing_ms
