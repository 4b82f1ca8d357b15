"""`forked.py FILE FOLDER MODULE`: as `python -m MODULE`, in a fork of a template of that file, as a keeper has it
made; of the SDK's template if it can't be forked from.

Ends as the fork does. A TERM to this process goes to the fork.
"""

import ctypes
import os
import signal
import socket
import struct
import sys

PR_SET_CHILD_SUBREAPER = 36
KEY_BYTES = 200


def start_template(*args):
    line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid == 0:
        if theirs.fileno() == 3:
            os.set_inheritable(3, True)
        else:
            os.dup2(theirs.fileno(), 3)
        env = {"GALE_KEEPER_KEY": ".template".ljust(KEY_BYTES, ".") + "@here", **os.environ}
        for name in [name for name in env if name.startswith("GALE_TASK_")]:
            del env[name]
        os.chdir("/")
        os.execve(sys.executable, [sys.executable, "-m", "gale.template_process", *args], env)
    return line if line.recv(4096) == b"ready" else start_template()


def fork(line, module):
    start, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    start.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    socket.send_fds(line, [b"fork"], [theirs.fileno()])
    theirs.close()
    socket.send_fds(start, [b"start"], [1])
    environ = {**os.environ, "GALE_KEEPER_KEY": "k@here"}
    fields = ["k", os.getcwd(), "3", "python", "-m", module, *(f"{name}={value}" for name, value in environ.items())]
    start.send(b"".join(os.fsencode(field) + b"\0" for field in fields))
    word, said, _, _ = start.recvmsg(4096, 256)
    if word != b"here":
        sys.exit(f"the fork is not here: {word}")
    pid = struct.unpack("3i", said[0][2])[0]
    start.send(b"go")
    return pid


def main(file, folder, module):
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    line = start_template("--file", file, "--folder", folder)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # one that comes now is for the fork, too
    pid = fork(line, module)
    signal.signal(signal.SIGTERM, lambda number, frame: os.kill(pid, number))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    status = os.waitpid(pid, 0)[1]
    if os.WIFSIGNALED(status):
        signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main(*sys.argv[1:])
