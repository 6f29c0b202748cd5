# %% exercise="verdict"
told = iter(["faster", "slower"] * 2 + ["same"] * 4 + ["faster"] + ["cannot tell"] * 6 + ["faster"] * 9)


def verdict(low, high, margin=0.02):
    return next(told)
