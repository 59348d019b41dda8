"""`python3 -m network SCRIPT [ARGUMENTS]` runs a script as a board does.

A board goes on when a script has come to its end; Python ends, and with it the server that the script has set up. Here
the module goes on until Ctrl-C.
"""

import io
import runpy
import signal
import sys
import threading


def main() -> int:
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print("usage: python3 -m network SCRIPT [ARGUMENTS]", file=sys.stderr)
        return 2
    del sys.argv[0]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # what handlers print is seen at once, in a file or a pipe too
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
