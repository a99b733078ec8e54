"""Ctrl-C while measuring: the first lets the sample in flight end, the second ends it now."""

import signal
import sys


class Interrupt:
    """`wanted` is true after the first SIGINT or SIGTERM; the second raises KeyboardInterrupt."""

    def __init__(self):
        self.wanted = False
        self._before = {}

    def __enter__(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_):
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, *_):
        if self.wanted:
            raise KeyboardInterrupt
        self.wanted = True
        sys.stderr.write("\ncyclone: stopping after the sample in flight; again to stop now\n")
