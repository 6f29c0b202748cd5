# %% exercise="verdict"
def verdict(low, high, margin=0.02):
    import time

    time.sleep(1.2)
    if high < 1 - margin:
        return "faster"
    if low > 1 + margin:
        return "slower"
    return "same" if low > 1 - margin and high < 1 + margin else "cannot tell"
