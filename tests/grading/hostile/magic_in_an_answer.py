# %% exercise="throughput"
%matplotlib inline
def throughput(latency_ms, batch):
    return batch * 1000 / latency_ms
