"""Refuse a wheel or source distribution without the built page; an editable install needs none."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGE = "services/tocsin/gateway/static/index.html"


class PageHook(BuildHookInterface[Any]):
    """Looks for the page before anything is packed."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Stop the build if the page is missing; *version* is ``editable`` for an editable install."""
        if version != "editable" and not (Path(self.root) / PAGE).is_file():
            self.app.abort(f"The page is not built: {PAGE} is missing. Build it with `make ui`, then build again.")
