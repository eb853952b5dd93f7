"""Waits for the events of a process that watches others: on a pipe, a signal, a child's end."""

from __future__ import annotations

import os
import selectors
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType

    _Handler = Callable[[int, FrameType | None], object] | int | signal.Handlers | None

__all__ = ["Wakeup"]

CHUNK_BYTES: Final = 65_536
ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Wakeup:
    """A wait that a pipe, a signal or a child's end interrupts.

    - `data` is what arrived through the pipe; `ended` is whether its other end is closed.
    - `signals` counts the signals that ask to end. One that the process ignored stays ignored.
    """

    def __init__(self, pipe: int) -> None:
        self.data = b""
        self.ended = False
        self.signals = 0
        self._pipe = pipe
        self._selector = selectors.DefaultSelector()
        self._wakeup_pipe: tuple[int, int] | None = None
        self._before: dict[signal.Signals, _Handler] = {}

    def __enter__(self) -> Self:
        read, write = os.pipe()
        os.set_blocking(read, False)
        os.set_blocking(write, False)
        self._wakeup_pipe = (read, write)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        self._selector.register(read, selectors.EVENT_READ)
        self._selector.register(self._pipe, selectors.EVENT_READ)
        self._handle(signal.SIGCHLD, lambda *_: None)  # without a handler the signal would not wake
        for number in ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._handle(number, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._selector.close()
        for descriptor in self._wakeup_pipe or ():
            os.close(descriptor)

    def wait(self, timeout_s: float) -> None:
        """Wait for the next event, at most `timeout_s` seconds."""
        for key, _ in self._selector.select(max(0.0, timeout_s)):
            if key.fd == self._pipe:
                self._read_pipe()
            else:
                with suppress(BlockingIOError):
                    os.read(key.fd, CHUNK_BYTES)

    def take(self) -> bytes:
        """Return and clear what arrived through the pipe."""
        data, self.data = self.data, b""
        return data

    def _read_pipe(self) -> None:
        data = os.read(self._pipe, CHUNK_BYTES)
        self.data += data
        if not data:
            self.ended = True
            self._selector.unregister(self._pipe)

    def _handle(self, number: signal.Signals, handler: _Handler) -> None:
        self._before[number] = signal.signal(number, handler)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.signals += 1
