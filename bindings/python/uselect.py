"""MicroPython's `uselect`: select.poll under that name.

The one difference to `select`: poll() gives back the objects that were registered, not their descriptors, as scripts of
boards expect.
"""

import select as _select
from collections.abc import Iterator
from select import POLLERR, POLLHUP, POLLIN, POLLOUT, select
from typing import Any

__all__ = ["POLLERR", "POLLHUP", "POLLIN", "POLLOUT", "poll", "select"]


class Poll:
    """Waits for several streams at a time; poll() makes one."""

    def __init__(self) -> None:
        self._poll = _select.poll()
        self._objects: dict[int, Any] = {}

    def register(self, obj: Any, eventmask: int = POLLIN | POLLOUT) -> None:
        """Waits for events of a stream, too; again: for other events of it."""
        self._poll.register(obj, eventmask)
        self._objects[_descriptor(obj)] = obj

    def unregister(self, obj: Any) -> None:
        """Waits for it no more."""
        descriptor = next((number for number, known in self._objects.items() if known is obj), None)
        if descriptor is None:
            descriptor = _descriptor(obj)
        self._poll.unregister(descriptor)
        self._objects.pop(descriptor, None)

    def modify(self, obj: Any, eventmask: int) -> None:
        """Waits for other events of it. OSError: it is not registered."""
        self._poll.modify(obj, eventmask)

    def poll(self, timeout: int = -1) -> list[tuple[Any, int]]:
        """The streams that are ready, each with its events, after at most `timeout` milliseconds; -1: no limit."""
        ready = self._poll.poll(None if timeout < 0 else timeout)
        return [(self._objects.get(descriptor, descriptor), event) for descriptor, event in ready]

    def ipoll(self, timeout: int = -1, flags: int = 0) -> Iterator[tuple[Any, int]]:
        """The same, one after the other. With flags 1 each stream is told once and then no more."""
        for obj, event in self.poll(timeout):
            if flags & 1:
                self.modify(obj, 0)
            yield obj, event


def poll() -> Poll:
    """A new Poll object, with nothing registered."""
    return Poll()


def _descriptor(obj: Any) -> int:
    return obj if isinstance(obj, int) else int(obj.fileno())
