# %% exercise="count_parameters"
def count_parameters(layers):
    import sys

    sys.setrecursionlimit(10**9)
    return count_parameters(layers)
