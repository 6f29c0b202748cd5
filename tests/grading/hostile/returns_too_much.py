# %% exercise="time_calls"
def time_calls(call, clock=None, runs=100, warmup=10):
    import numpy as np

    return np.ones(10**8)

# %% exercise="megabytes"
def megabytes(size_bytes):
    return [1.0] * 10**7

# %% exercise="devices_that_fit"
def devices_that_fit(size_bytes, budgets):
    names = list(budgets)
    names.append(names)
    return names
