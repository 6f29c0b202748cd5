# %%
class Meta(type):
    def __repr__(cls):
        raise RuntimeError("no")

    __name__ = property(lambda cls: 1 / 0)
    __instancecheck__ = __subclasscheck__ = lambda cls, other: 1 / 0


class Bad(metaclass=Meta):
    def __getattribute__(self, name):
        raise RuntimeError("no")

    __repr__ = __str__ = __eq__ = __len__ = __iter__ = __reduce_ex__ = __getattribute__
    __hash__ = None

# %% exercise="cloud_latency_ms"
def cloud_latency_ms(distance_km, network_ms, processing_ms):
    return Bad()

# %% exercise="verdict"
def verdict(low, high, margin=0.02):
    return [Bad(), Bad()]
