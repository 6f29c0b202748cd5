"""Puts the data, the weights and the labs into the wheel, so that one file is enough on Colab or without network.

An editable install has them in the repository already, so it gets no copy that could fall behind.
"""

from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# A checkout also holds what must not travel: a student's answers, checkpoints, files left by an experiment.
SHIPPED = {
    "labkit/_data": (
        "data/README.md",
        "data/*.gz",
        "data/*.jsonl",
        "data/weights/*.safetensors",
        "data/weights/*.json",
        "data/sweeps/*.json",
        "data/tflite/*.tflite",
        "data/tflite/*.xz",
        "data/tflite/*.json",
    ),
    "labkit/_labs": ("labs/[0-9][0-9]_*.ipynb",),
}


class CustomBuildHook(BuildHookInterface):
    """What hatchling calls before it builds a wheel."""

    def initialize(self, version: str, build_data: dict) -> None:
        """Adds `SHIPPED` to a real wheel; `version` is "editable" for `pip install -e`."""
        if version != "editable":
            for place, patterns in SHIPPED.items():
                for pattern in patterns:
                    for file in sorted(Path(self.root).glob(pattern)):
                        inside = file.relative_to(Path(self.root) / pattern.split("/")[0]).as_posix()
                        build_data["force_include"][str(file)] = f"{place}/{inside}"
