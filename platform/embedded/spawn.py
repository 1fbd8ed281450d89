"""Become a server: drop to an account, ask to be told when the parent dies, exec.

Run as a script by the interpreter that starts the server; imports nothing of ours, and stays a
separate step so that no Python code runs between fork and exec in a process with threads.

    python -I -S spawn.py UID GID DEATH_SIGNAL PARENT_PID FOLDER PROGRAM ARGUMENT…

UID is -1 to stay who we are, PARENT_PID 0 when the caller cannot know it. The signal comes when the *thread* that started this process ends: start
servers from a thread that lives as long as they shall (Linux only; elsewhere nothing is asked).
"""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(uid: int, gid: int, death_signal: int, parent: int, folder: str, *command: str) -> None:
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    os.chdir(folder)
    if sys.platform == "linux":
        # After setuid, which clears it; and the parent may have died before it was set.
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if parent and os.getppid() != parent:
            sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - a server, not a shell


if __name__ == "__main__":
    _uid, _gid, _signal, _parent = (int(value) for value in sys.argv[1:5])
    main(_uid, _gid, _signal, _parent, *sys.argv[5:])
