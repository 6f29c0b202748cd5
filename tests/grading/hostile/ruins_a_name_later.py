# %% exercise="devices_that_fit"
def devices_that_fit(size_bytes, budgets):
    return [name for name in sorted(budgets, key=budgets.get) if size_bytes <= budgets[name]]

# %%
throughput = 1000 / 7
