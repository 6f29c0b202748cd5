"""The figures of lab 06: what the bytes of a file are, what each step of a gain was worth, what fits a device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from labkit.plots.figure import COLOURS, MARKERS, axes, interval, labelled, log_x

KB = 1000
LIGHT = ("#E69F00", "#56B4E9")  # dark text is easy to read on these
HATCHES = ("", "//", "..", "\\\\", "xx", "--", "++")


def file_bytes(files: Mapping[str, Mapping[str, int]], ax: Axes | None = None) -> Axes:
    """The bytes of each file in kB (1000 bytes), a bar a file, cut into what they are.

    Args:
        files: bytes by what they are, such as `{"float32 weights": 175_720, "the rest": 3_856}`, by name of the file.

    Raises:
        ValueError: there are no files, or a number of bytes is below 0.
    """
    if not files:
        raise ValueError("there are no files to plot")
    if any(count < 0 for parts in files.values() for count in parts.values()):
        raise ValueError("a file cannot hold fewer than 0 bytes of something")
    ax, said = axes(ax, height=1.4 + 0.5 * len(files)), []
    kinds = list(dict.fromkeys(kind for parts in files.values() for kind in parts))
    for row, (name, parts) in enumerate(files.items()):
        left = 0.0
        for kind, count in parts.items():
            i = kinds.index(kind)
            style = {"color": COLOURS[i % 7], "hatch": HATCHES[i % 7], "edgecolor": "white", "linewidth": 0}
            ax.barh(row, count / KB, left=left, height=0.6, **style)
            left += count / KB
        ax.annotate(f"{left:.1f}", (left, row), xytext=(5, 0), textcoords="offset points", va="center")
        said.append(f"{name}: " + ", ".join(f"{kind} {count / KB:.1f} kB" for kind, count in parts.items() if count))
    for i, kind in enumerate(kinds):
        ax.barh(0, 0, color=COLOURS[i % 7], hatch=HATCHES[i % 7], edgecolor="white", linewidth=0, label=kind)
    ax.set_yticks(range(len(files)), list(files))
    ax.set(xlabel="bytes in the file, kB (1000 bytes)", ylim=(len(files) - 0.4, -0.6))
    ax.margins(x=0.1)
    ax.legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0, 1), fontsize="small")
    return labelled(ax, "Bytes of each file. " + "; ".join(said))


def gain_shares(
    shares: Mapping[str, tuple[float, float]],
    steps: tuple[str, str],
    gains: Mapping[str, float],
    ax: Axes | None = None,
) -> Axes:
    """How much of each whole gain the first and the second step contributed, in per cent of its logarithm.

    Args:
        shares: two shares by what was gained, such as "bytes"; they add up to 1.
        steps: the names of the two steps.
        gains: the whole factor, by the same names.

    Raises:
        ValueError: there are no shares, two of them do not add up to 1, or the factors are of other things.
    """
    if not shares or set(shares) != set(gains):
        raise ValueError(f"shares of {list(shares)} and factors of {list(gains)} do not belong together")
    if any(abs(first + second - 1) > 1e-6 for first, second in shares.values()):
        raise ValueError("the two shares of a gain must add up to 1")
    ax, said = axes(ax, height=1.2 + 0.55 * len(shares)), []
    for row, (name, pair) in enumerate(shares.items()):
        left = 0.0
        for i, share in enumerate(pair):
            ax.barh(row, 100 * share, left=left, height=0.6, color=LIGHT[i], label=steps[i] if not row else None)
            ax.annotate(f"{100 * share:.0f} %", (left + 50 * share, row), ha="center", va="center")
            left += 100 * share
        said.append(f"{name}, {gains[name]:.1f} times: {steps[0]} {pair[0]:.0%}, {steps[1]} {pair[1]:.0%}")
    ax.set_yticks(range(len(shares)), [f"{name}: {gains[name]:.1f} times" for name in shares])
    ax.set(xlabel="share of the gain, % of its logarithm", ylim=(len(shares) - 0.4, -0.6))
    ax.legend(frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0, 1))
    return labelled(ax, "Shares of the gain. " + "; ".join(said))


def device_fit(rows: Sequence[Mapping], flash_bytes: int, ram_bytes: int, least: float, ax: Axes | None = None) -> Axes:
    """Accuracy (percent, 95 % interval) of each network against the bytes of its file and of its arena.

    Args:
        rows: each with `variant`, `accuracy`, `accuracy_low`, `accuracy_high` (shares 0..1), `size_bytes`, `ram_bytes`.
        flash_bytes, ram_bytes: the room on the device.
        least: the accuracy that is asked for, 0..1.

    Raises:
        ValueError: there are no rows, or an accuracy is not finite or outside its interval.
    """
    if not rows:
        raise ValueError("there are no networks to plot")
    ax, said = axes(ax, height=3.6), []
    for kind, (field, what) in enumerate({"size_bytes": "file", "ram_bytes": "arena"}.items()):
        for i, row in enumerate(rows):
            middle, low, high = (100 * row[f"accuracy{end}"] for end in ("", "_low", "_high"))
            reach = [[one] for one in interval(row["variant"], middle, low, high)]
            style = {"fmt": MARKERS[kind], "color": COLOURS[kind], "capsize": 3, "label": None if i else what}
            ax.errorbar(row[field] / KB, middle, yerr=reach, **style)
    for row in rows:
        place = (row["size_bytes"] / KB, 100 * row["accuracy_high"])
        ax.annotate(row["variant"], place, (0, 5), textcoords="offset points", ha="center", fontsize="small")
        said.append(
            f"{row['variant']}: {row['accuracy']:.1%}, file {row['size_bytes'] / KB:.1f} kB, "
            f"arena {row['ram_bytes'] / KB:.1f} kB"
        )
    limits = {flash_bytes: ["flash"]}
    limits.setdefault(ram_bytes, []).append("RAM")
    for style, (limit, names) in zip(("-", ":"), limits.items()):
        ax.axvline(limit / KB, color="0.3", linestyle=style, label=f"{' and '.join(names)}: {limit / KB:.1f} kB")
    ax.axhline(100 * least, color="0.6", linewidth=1)
    log_x(ax)
    ax.set(xlabel="kB (1000 bytes)", ylabel="accuracy, % (95 % interval)")
    ax.margins(y=0.15)
    ax.legend(frameon=False, ncols=4, loc="lower left", bbox_to_anchor=(0, 1), fontsize="small")
    return labelled(ax, f"Accuracy against bytes, at least {least:.0%} asked for. {'; '.join(said)}")
