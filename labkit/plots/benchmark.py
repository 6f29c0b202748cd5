"""The figures of lab 01: times, ratios, memory, the trade-off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from labkit.measure import MB, Comparison, Peak
from labkit.plots.figure import COLOURS, MARKERS, axes, labelled, log_x


def call_times(times_ms: np.ndarray, ax: Axes | None = None) -> Axes:
    """Each call's time in the order of the calls, with the mean and the median. `times_ms`: `(runs,)`."""
    ax = axes(ax)
    mean, median = float(np.mean(times_ms)), float(np.median(times_ms))
    ax.plot(times_ms, ".", color=COLOURS[6], markersize=4)
    ax.axhline(mean, color=COLOURS[1], linestyle="--", label=f"mean {mean:.2f} ms")
    ax.axhline(median, color=COLOURS[0], label=f"median {median:.2f} ms")
    ax.set(
        xlabel="call", ylabel="ms", title="Time of each call", yscale="log" if max(times_ms) > 5 * median else "linear"
    )
    ax.legend(frameon=False)
    return labelled(
        ax, f"{len(times_ms)} calls: median {median:.2f} ms, mean {mean:.2f} ms, {max(times_ms):.2f} at most"
    )


def a_a_errors(ratios: Mapping[str, Sequence[float]], limit: float = 0.05, ax: Axes | None = None) -> Axes:
    """Ratios of pairs of measurements of the same model, one row for each stopwatch; all should be 1."""
    ax = axes(ax, height=1 + 0.6 * len(ratios))
    said = []
    for row, (name, values) in enumerate(ratios.items()):
        values = np.asarray(values)
        beyond = int((abs(values - 1) > limit).sum())
        said.append(f"{name}: {beyond} of {len(values)} beyond {limit:.0%}")
        spread = np.linspace(-0.2, 0.2, len(values))
        ax.plot(values, row + spread, MARKERS[row % 7], color=COLOURS[row % 7], alpha=0.7, markersize=5)
    ax.axvspan(1 - limit, 1 + limit, color="0.9", zorder=0)
    ax.axvline(1, color="0.4", linewidth=1)
    ax.set_yticks(range(len(said)), said)
    ax.set(
        xlabel="time of the model over time of the same model",
        title="A/A test: both are the same",
        ylim=(-0.6, len(said) - 0.4),
    )
    ax.invert_yaxis()
    return labelled(ax, "A/A test. " + "; ".join(said))


def ratios(comparison: Comparison, ax: Axes | None = None) -> Axes:
    """Each variant's latency over the baseline's with its 95 % interval; the grey band is too small to matter."""
    shown = [t for name, t in comparison.race.timings.items() if name != comparison.race.baseline]
    shown.append(comparison.race.control)
    ax = axes(ax, height=1 + 0.45 * len(shown))
    for row, one in enumerate(shown):
        bounds = [[one.ratio - one.ratio_low], [one.ratio_high - one.ratio]]
        ax.errorbar(one.ratio, row, xerr=bounds, fmt=MARKERS[row % 7], color=COLOURS[row % 7], capsize=4)
    margin = comparison.race.margin
    ax.axvspan(1 - margin, 1 + margin, color="0.9", zorder=0)
    ax.set_yticks(range(len(shown)), [one.name for one in shown])
    if max(one.ratio_high for one in shown) > 3:
        log_x(ax)
    ax.set(xlabel=f"latency over that of {comparison.race.baseline} (95 % interval)", ylim=(-0.6, len(shown) - 0.4))
    ax.invert_yaxis()
    return labelled(ax, "Latency ratios. " + "; ".join(f"{t.name}: {t.ratio:.2f}" for t in shown))


def peaks(measured: Mapping[str, Peak], ax: Axes | None = None) -> Axes:
    """Peak memory of each program in MB (10^6 bytes), with the smallest and the largest of its runs."""
    ax = axes(ax, height=1 + 0.45 * len(measured))
    for row, peak in enumerate(measured.values()):
        middle, low, high = (value / MB for value in (peak.peak_memory_bytes, peak.low, peak.high))
        ax.barh(row, middle, color=COLOURS[0], height=0.6, xerr=[[middle - low], [high - middle]], capsize=3)
        ax.annotate(f"{middle:.0f}", (high, row), xytext=(8, 0), textcoords="offset points", va="center")
    ax.set_yticks(range(len(measured)), list(measured))
    ax.set(xlabel="peak memory of the process, MB (10^6 bytes)")
    ax.margins(x=0.12)
    ax.invert_yaxis()
    said = "; ".join(f"{name}: {peak.peak_memory_bytes / MB:.0f} MB" for name, peak in measured.items())
    return labelled(ax, f"Peak memory. {said}")


def tradeoff(rows, accuracy: str, note: str = "", ax: Axes | None = None) -> Axes:
    """Accuracy against latency, the area of each mark in proportion to its bytes. Up and to the left is better.

    Args:
        rows: a DataFrame with the columns `variant`, `latency_ms`, `latency_low_ms`, `latency_high_ms`, `size_bytes`
            and the one named by `accuracy` (percent).
        note: where the accuracy is from.
    """
    ax = axes(ax, height=4)
    for i, row in enumerate(rows.to_dict("records")):
        bounds = [[row["latency_ms"] - row["latency_low_ms"]], [row["latency_high_ms"] - row["latency_ms"]]]
        ax.errorbar(row["latency_ms"], row[accuracy], xerr=bounds, color=COLOURS[i % 7], capsize=3)
        ax.scatter(row["latency_ms"], row[accuracy], s=row["size_bytes"] / MB * 4, color=COLOURS[i % 7], alpha=0.35)
        ax.plot(row["latency_ms"], row[accuracy], MARKERS[i % 7], color=COLOURS[i % 7], markersize=5)
        text = f"{row['variant']}, {row['size_bytes'] / MB:.1f} MB"
        ax.annotate(text, (row["latency_ms"], row[accuracy]), xytext=(0, 10), textcoords="offset points", ha="center")
    ax.set(
        xlabel="latency of one image, ms (median, 95 % interval)",
        ylabel=f"accuracy, % {note}".strip(),
    )
    ax.set_title("The area of a mark is its size; MB = 10^6 bytes", fontsize="small", loc="left")
    log_x(ax)
    ax.margins(x=0.25, y=0.25)
    said = "; ".join(f"{r['variant']}: {r[accuracy]:.1f} %, {r['latency_ms']:.1f} ms" for r in rows.to_dict("records"))
    return labelled(ax, f"Accuracy against latency. {said}")
