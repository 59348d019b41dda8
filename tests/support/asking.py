"""Linnet's client, running while the test plays the server."""

import signal
import subprocess

from support import programs
from support.players import Told
from support.programs import PATIENCE


class Asking:
    """`linnet ...` started in the background; finish() waits for its end."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [programs.linnet_path(), *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=programs.environment(),
        )

    def freeze(self):
        """Stops the process, so that what is sent now arrives all at once for it."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def finish(self):
        out, remarks = self.process.communicate(timeout=PATIENCE)
        return Told(out.decode(errors="replace"), remarks.decode(errors="replace"), self.process.returncode)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
