"""The arithmetic behind "why edge": delay, distance, cost and energy. Not measured: computed from what you put in."""

from __future__ import annotations

from labkit.reference import reference

LIGHT_KM_PER_MS = 299.792458  # in vacuum; the slide rounds it to 300
FIBRE_KM_PER_MS = 200.0  # glass slows light by its refractive index of about 1.5


@reference
def cloud_latency_ms(distance_km: float, network_ms: float, processing_ms: float) -> float:
    """Milliseconds from question to answer: to the server and back through fibre, plus what is not light.

    Args:
        distance_km: one way, along the cable.
        network_ms: radio, routers and queues of the whole round trip.
        processing_ms: the server's own work.

    Source: the slide "The Speed of Light Problem"; 200 km per millisecond in fibre.

    >>> cloud_latency_ms(1000, 30, 10)
    50.0
    """
    return 2 * distance_km / FIBRE_KM_PER_MS + network_ms + processing_ms


def distance_m(speed_kmh: float, latency_ms: float) -> float:
    """Metres that something moving at `speed_kmh` covers in `latency_ms`.

    >>> distance_m(36, 100)
    1.0
    """
    return speed_kmh / 3.6 * latency_ms / 1000


def cloud_cost(requests_per_day: float, price_per_1000: float, days: float) -> float:
    """What `days` of requests cost, in the currency of the price.

    >>> cloud_cost(1000, 0.5, 30)
    15.0
    """
    return requests_per_day / 1000 * price_per_1000 * days


def radio_energy_mj(size_bytes: float, mbit_per_s: float, radio_watts: float) -> float:
    """Millijoules to send `size_bytes`: the radio's power times the time it sends (1 Mbit = 10^6 bits).

    >>> radio_energy_mj(125_000, 10, 1.0)
    100.0
    """
    return radio_watts * size_bytes * 8 / (mbit_per_s * 1e6) * 1000


def compute_energy_mj(latency_ms: float, cpu_watts: float) -> float:
    """Millijoules to compute for `latency_ms`: the processor's power times the time it works.

    >>> compute_energy_mj(5, 2.0)
    10.0
    """
    return cpu_watts * latency_ms
