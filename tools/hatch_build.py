"""Puts the data, the weights and the labs into the wheel, so that one file is enough on Colab or without network.

An editable install has them in the repository already, so it gets no copy that could fall behind.
"""

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHIPPED = {"data": "labkit/_data", "labs": "labkit/_labs"}


class CustomBuildHook(BuildHookInterface):
    """What hatchling calls before it builds a wheel."""

    def initialize(self, version: str, build_data: dict) -> None:
        """Adds `SHIPPED` to a real wheel; `version` is "editable" for `pip install -e`."""
        if version != "editable":
            build_data["force_include"].update(SHIPPED)
