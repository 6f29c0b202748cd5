"""The figures of lab 1: what batch and threads do to latency, and the two calculators behind "why edge"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from labkit import edge
from labkit.widgets.chart import Panel, Series, View, by_values, number
from labkit.widgets.explorer import Control, Explorer, Frame, combinations

CHOICES = ("about the same", "2 to 5 times", "about 10 times")
DISTANCES_KM = (0, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 20_000)  # the last is half the way round
PRICES = (0.05, 0.1, 0.25, 0.5, 1, 2, 5)
DEVICE_PRICES = (25, 50, 100, 200, 400, 800)
KMH_60_MPH = 96.56
DAYS_A_MONTH = 365 / 12
MONTHS = 36
RADIO_WATTS, RADIO_MBIT_PER_S = 1.0, 10.0
CPU_WATTS, CPU_MS = 2.0, 10.0


def latency_explorer(rows: Sequence[Mapping], machine: str) -> Explorer:
    """Latency and throughput against the batch size, one curve for each number of threads, as measured.

    Args:
        rows: `batch`, `threads`, `latency_ms` (median of one call), `latency_low_ms` and `latency_high_ms` (the ends
            of its 95 % interval), one row for every combination of batch and threads.
        machine: where they were measured.

    Raises:
        ValueError: there are no rows, a combination is missing or there twice, or a number is not above 0.
    """
    grid = _grid(rows)
    batches = sorted({batch for batch, _ in grid})
    threads = sorted({count for _, count in grid})
    controls = [Control("batch", batches, "batch size", text=[_count(b, "image") for b in batches])]
    if len(threads) > 1:
        controls.append(Control("threads", threads, "threads"))
    frames = []
    for i, batch in enumerate(batches):
        for j, count in enumerate(threads):
            row, one = grid[batch, count], grid[batches[0], count]
            gain = _images_per_s(row) / _images_per_s(one)
            readouts = {
                "latency of one call": f"{_interval(row)} ms",
                "latency per image": f"{_three(row['latency_ms'] / batch)} ms",
                "throughput": f"{_three(_images_per_s(row))} images/s",
                f"throughput against batch {batches[0]}": f"{_three(gain)} times",
            }
            frames.append(Frame(readouts, [View(at=(j, i)), View(at=(j, i))]))
    axes = {"x_label": "batch size (images)", "x": batches, "x_scale": "log"}
    latency = [_series(grid, batches, t, lambda row, end: row[f"latency_{end}ms"]) for t in threads]
    # The slow end of the latency is the low end of the throughput.
    swapped = {"": "", "low_": "high_", "high_": "low_"}
    through = [_series(grid, batches, t, lambda row, end: _images_per_s(row, swapped[end])) for t in threads]
    return Explorer(
        title="What a larger batch costs and gives",
        description="One call answers a whole batch. Bars are 95 % intervals of the median.",
        controls=controls,
        panels=[
            Panel("line", "Latency of one call", y_label="ms", y_scale="log", series=latency, **axes),
            Panel("line", "Throughput", y_label="images/s", series=through, **axes),
        ],
        frames=frames,
        source=f"Measured on this machine: {machine}",
        **_gain_question(grid, batches, threads[0]),
    )


def _gain_question(grid, batches, threads) -> dict:
    """What to ask before the charts; nothing when the batches are too close for the choices to differ."""
    first, last = batches[0], batches[-1]
    if last < 16 * first:
        return {}
    gain = _images_per_s(grid[last, threads]) / _images_per_s(grid[first, threads])
    return {
        "question": f"How many times as many images per second does batch {last} give as batch {first}, "
        f"with {_count(threads, 'thread')}?",
        "choices": (*CHOICES, f"{number(last / first)} times"),
        "answer": f"measured: {_three(gain)} times.",
    }


def latency_calculator() -> Explorer:
    """Delay of a cloud answer and of an edge answer, from distance, network, server and device that the reader sets."""
    controls = [
        Control("distance_km", DISTANCES_KM, "distance to the data centre", "km", start=1000),
        Control("network_ms", (0, 10, 20, 50, 100, 150, 200), "network there and back, no light", "ms", start=100),
        Control("server_ms", (1, 2, 5, 10, 20, 50), "the model on the server", "ms", start=5),
        Control("device_ms", (1, 2, 5, 10, 20, 50, 100), "the model on the device", "ms", start=10),
    ]
    return Explorer(
        title="The speed of light problem",
        description="A car at 60 mph waits for an answer. Light in fibre covers 200 km in a millisecond.",
        controls=controls,
        panels=[
            Panel(
                "bars",
                "From question to answer",
                x_label="",
                y_label="ms",
                x=("cloud", "edge"),
                series=[Series("light in fibre"), Series("network"), Series("model")],
            )
        ],
        frames=[_delay(*values) for values in combinations(controls)],
        source="Computed from what you set, not measured.",
    )


def _delay(distance_km, network_ms, server_ms, device_ms) -> Frame:
    light = edge.cloud_latency_ms(distance_km, 0, 0)
    cloud = edge.cloud_latency_ms(distance_km, network_ms, server_ms)
    readouts = {
        "cloud": f"{number(cloud)} ms",
        "edge": f"{number(device_ms)} ms",
        "car drives, cloud": f"{number(edge.distance_m(KMH_60_MPH, cloud))} m",
        "car drives, edge": f"{number(edge.distance_m(KMH_60_MPH, device_ms))} m",
        "light's share of cloud": f"{number(100 * light / cloud)} %",
    }
    return Frame(readouts, [View(y=[(light, 0), (network_ms, 0), (server_ms, device_ms)])])


def cost_calculator() -> Explorer:
    """Cost over three years of paying per request and of buying a device, where they meet, and what either draws."""
    controls = [
        Control("requests_per_day", (100, 300, 1000, 3000, 10_000, 30_000, 100_000), "requests a day", start=3000),
        Control("price", PRICES, "price of 1000 requests", text=[f"${p:.2f}" for p in PRICES], start=0.5),
        Control("device_price", DEVICE_PRICES, "the device, once", text=[f"${p}" for p in DEVICE_PRICES], start=400),
        Control("image_kb", (5, 20, 50, 100, 200, 500), "size of an image", "kB", start=100),
    ]
    months = (0, MONTHS)
    return Explorer(
        title="Pay for each request, or buy a device",
        description="The cloud costs money for each request; the device costs once (its electricity is left out).",
        controls=controls,
        panels=[
            Panel(
                "line",
                "Cost so far",
                x_label="months",
                y_label="$",
                x=months,
                x_ticks=range(0, MONTHS + 1, 6),
                series=[Series("cloud"), Series("edge")],
                y_limits=(0, 1000),
            ),
            Panel("bars", "Battery, for one image", "", "mJ", ("send it", "answer here"), [Series("energy")]),
        ],
        frames=[_cost(*values) for values in combinations(controls)],
        source=f"Computed from what you set, not measured. Assumed: a radio of {RADIO_WATTS:g} W at "
        f"{RADIO_MBIT_PER_S:g} Mbit/s, a processor of {CPU_WATTS:g} W for {CPU_MS:g} ms.",
    )


def _cost(requests_per_day, price, device_price, image_kb) -> Frame:
    end = edge.cloud_cost(requests_per_day, price, MONTHS * DAYS_A_MONTH)
    day = device_price / edge.cloud_cost(requests_per_day, price, 1)
    radio = edge.radio_energy_mj(image_kb * 1000, RADIO_MBIT_PER_S, RADIO_WATTS)
    processor = edge.compute_energy_mj(CPU_MS, CPU_WATTS)
    month = day / DAYS_A_MONTH
    met = month <= MONTHS
    readouts = {
        "break-even": f"day {number(day)}" if met else "not in 3 years",
        "cloud, each year": f"${number(edge.cloud_cost(requests_per_day, price, 365))}",
        "edge, once": f"${number(device_price)}",
        "radio, to send an image": f"{number(radio)} mJ",
        "processor, to answer here": f"{number(processor)} mJ",
    }
    view = View(
        y=[(0, end), (device_price, device_price)],
        mark=(month, device_price) if met else None,
        label=f"day {number(day)}" if met else "",
    )
    return Frame(readouts, [view, View(y=[(radio, processor)])])


def _grid(rows: Sequence[Mapping]) -> dict[tuple[int, int], Mapping]:
    grid = by_values(rows, ("batch", "threads"))
    for (batch, threads), row in grid.items():
        if not min(batch, threads, *(row[f"latency_{end}ms"] for end in ("", "low_", "high_"))) > 0:
            raise ValueError(f"batch {batch} with {threads} threads: batch, threads and latency must be above 0")
    for batch in sorted({batch for batch, _ in grid}):
        for threads in sorted({threads for _, threads in grid}):
            if (batch, threads) not in grid:
                raise ValueError(f"no row for batch {batch} with {threads} threads: every combination must be measured")
    return grid


def _series(grid, batches, threads, value) -> Series:
    column = [grid[batch, threads] for batch in batches]
    y, low, high = ([value(row, end) for row in column] for end in ("", "low_", "high_"))
    return Series(_count(threads, "thread"), y, low, high)


def _images_per_s(row: Mapping, end: str = "") -> float:
    return 1000 * row["batch"] / row[f"latency_{end}ms"]


def _interval(row: Mapping) -> str:
    return f"{_three(row['latency_ms'])} ({_three(row['latency_low_ms'])} to {_three(row['latency_high_ms'])})"


def _three(value: float) -> str:
    """Three digits, zeros kept, so that a readout does not change its width at every step."""
    return number(value) if value >= 999.5 else f"{value:#.3g}".rstrip(".")


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
