"""A config.json from the reader's disk: opened, or dropped on the form."""

from collections.abc import Callable
from typing import Any

from page.dom import find, listen
from present import errors, hubtext
from present.errors import Problem


class ConfigFiles:
    """The file button, and the form as a place to drop a file."""

    def __init__(
        self, *, take: Callable[[str], None], refuse: Callable[[Problem], None], start: Callable[[Any], None]
    ) -> None:
        """`take` gets the text of a file, `refuse` what is wrong with one."""
        self.take, self.refuse, self.start = take, refuse, start

    def listen(self) -> None:
        """Wire both ways."""
        form = find("scenario")
        listen(find("config-file"), "change", lambda event: self._open(event.target.files))
        for event in ("dragover", "dragleave"):
            listen(form, event, self._drag)
        listen(form, "drop", self._drop)

    def _drop(self, event: Any) -> None:
        event.preventDefault()
        find("scenario").classList.remove("dropping")
        self._open(event.dataTransfer.files)

    def _drag(self, event: Any) -> None:
        event.preventDefault()
        find("scenario").classList.toggle("dropping", event.type == "dragover")

    def _open(self, files: Any) -> None:
        if files.length:
            self.start(self._read(files.item(0)))

    async def _read(self, file: Any) -> None:
        if file.size > hubtext.MAX_CONFIG_BYTES:
            return self.refuse(errors.file_too_large(str(file.name)))
        return self.take(str(await file.text()))
