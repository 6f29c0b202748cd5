"""What a visitor's browser has to load before it can answer."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

from labkit.browser.assets import RUNTIME, packed, unpacked
from labkit.browser.model import readable
from labkit.measure.size import MB, Size, size


@dataclass(frozen=True)
class Download:
    """The bytes of each part that a visitor loads, before and after gzip, which every web server can apply."""

    parts: dict[str, Size]

    @property
    def size_bytes(self) -> int:
        """All parts together, not compressed."""
        return sum(part.size_bytes for part in self.parts.values())

    @property
    def gzip_bytes(self) -> int:
        """All parts together after gzip: what goes over the network."""
        return sum(part.gzip_bytes for part in self.parts.values())

    def rows(self) -> list[tuple[str, int, int]]:
        """Name, bytes, and bytes after gzip of each part, and of all together."""
        parts = [(name, part.size_bytes, part.gzip_bytes) for name, part in self.parts.items()]
        return [*parts, ("together", self.size_bytes, self.gzip_bytes)]

    def table(self):
        """One row a part and the sum, MB of 10^6 bytes, as text in a pandas DataFrame."""
        import pandas as pd

        rows = {name: [f"{raw / MB:.2f}", f"{small / MB:.2f}"] for name, raw, small in self.rows()}
        return pd.DataFrame.from_dict(rows, "index", columns=["MB", "MB after gzip"])

    def __repr__(self) -> str:
        return self.table().to_string()

    def _repr_html_(self) -> str:
        return self.table().to_html()


def bytes_to_load(model: str | Path) -> Download:
    """What a visitor loads: the model, the runtime that runs it, and the page's own script and style.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is empty, damaged, too large for a page, or keeps its weights in another file.
    """
    ours = [_shipped("pad.js.gz"), _shipped("pad.css")]
    page = Size(sum(one.size_bytes for one in ours), sum(one.gzip_bytes for one in ours), ("pad.js", "pad.css"))
    return Download({"model": size(readable(model)), RUNTIME: _shipped("ort.wasm.gz"), "page": page})


def _shipped(name: str) -> Size:
    small = packed(name) if name.endswith(".gz") else gzip.compress(packed(name), 6, mtime=0)
    return Size(len(unpacked(name)), len(small), (name.removesuffix(".gz"),))
