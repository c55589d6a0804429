"""The brand settings that the loader gets: read again when their file changes, without a restart."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from pathlib import Path

from bot.knowledge import KnowledgeError, load_brand
from bot.knowledge.brand import BrandFile
from bot.knowledge.loader import BRAND

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)  # whoever edits the file may see that it counts

LOOK_EVERY = 2.0
"""Seconds between two looks at the file."""

Stamp = tuple[int, int] | None
"""Time of the last change and size of the file; None if there is none."""


class WatchedBrand:
    """The last good version of brand.yml."""

    def __init__(self, folder: Path, brand: BrandFile) -> None:
        """Takes the folder of the knowledge base, and the version that was loaded with it."""
        self._folder = folder
        self._rules = brand.rules()
        self._stamp = self._now()
        self._looked = time.monotonic()

    @property
    def rules(self) -> list[Mapping[str, str]]:
        """The settings as the loader takes them. A faulty version is logged once, and not used."""
        if time.monotonic() - self._looked >= LOOK_EVERY:
            self._looked = time.monotonic()
            stamp = self._now()
            if stamp != self._stamp:
                self._stamp = stamp
                self._read()
        return self._rules

    def _read(self) -> None:
        try:
            self._rules = load_brand(self._folder).rules()
        except (KnowledgeError, OSError, UnicodeDecodeError) as error:
            logger.warning("%s not used, the last good version stays: %s", BRAND, str(error).replace("\n", "; "))
        else:
            logger.info("%s read again", BRAND)

    def _now(self) -> Stamp:
        try:
            status = (self._folder / BRAND).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size
