"""Runs a script under MicroPython as a board does, which goes on when the script has come to its end.

usage: micropython board.py SCRIPT

MicroPython writes what print() is given piece by piece, and another thread's may come between. Here lines are whole.
"""

import builtins
import sys
import time

builtins.print = lambda *what: sys.stdout.write(" ".join(map(str, what)) + "\n") and None
with open(sys.argv[1]) as script:
    text = script.read()
exec(text, {"__name__": "__main__"})
while True:
    time.sleep(3600)
