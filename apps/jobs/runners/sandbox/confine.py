"""The layers around a script: what it may open, call and use. Runs in the fork server and its children.

Everything costly is prepared once in the fork server: the seccomp program is compiled, the folders that every
script may read are held open. A child then confines itself in under a millisecond.
"""

from __future__ import annotations

import errno
import os
import resource
import tempfile
from collections.abc import Iterable, Sequence
from typing import Any, Final

from py_landlock import landlock_sys
from py_landlock.abi import get_supported_fs, get_supported_net, get_supported_scope
from py_landlock.flags import AccessFs

from apps.jobs.runners.sandbox import grants

_READ_FILE: Final = AccessFs.EXECUTE | AccessFs.READ_FILE
_READ: Final = _READ_FILE | AccessFs.READ_DIR
_DEVICE: Final = AccessFs.READ_FILE | AccessFs.WRITE_FILE
_WORK: Final = (
    _READ
    | AccessFs.WRITE_FILE
    | AccessFs.REMOVE_DIR
    | AccessFs.REMOVE_FILE
    | AccessFs.MAKE_DIR
    | AccessFs.MAKE_REG
    | AccessFs.MAKE_FIFO
    | AccessFs.MAKE_SYM
    | AccessFs.REFER
    | AccessFs.TRUNCATE
)
SYSTEM: Final = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt", "/proc", "/sys/devices/system/cpu",
    "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/resolv.conf", "/etc/hosts", "/etc/host.conf",
    "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services", "/etc/protocols", "/etc/passwd", "/etc/group",
    "/etc/localtime", "/etc/timezone", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d",
    "/etc/alternatives", "/etc/mime.types", "/etc/os-release", "/etc/bash.bashrc", "/etc/inputrc",
    "/run/systemd/resolve",
)  # fmt: skip
DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")

_DENIED_CALLS: Final = (
    "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp", "bpf", "perf_event_open",
    "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "keyctl", "add_key", "request_key",
    "mount", "umount2", "move_mount", "open_tree", "fsopen", "fsmount", "fsconfig", "fspick", "mount_setattr",
    "pivot_root", "chroot", "unshare", "setns", "swapon", "swapoff", "reboot", "kexec_load", "kexec_file_load",
    "init_module", "finit_module", "delete_module", "iopl", "ioperm", "acct", "quotactl", "syslog",
    "sethostname", "setdomainname", "settimeofday", "adjtimex", "clock_settime", "clock_adjtime",
    "name_to_handle_at", "open_by_handle_at", "fanotify_init", "lookup_dcookie", "nfsservctl", "vhangup",
    "shmget", "shmat", "shmctl", "semget", "semctl", "semop", "semtimedop", "msgget", "msgsnd", "msgrcv",
    "mq_open", "mq_unlink",
)  # fmt: skip
_ON_ITSELF_ONLY: Final = (
    "prlimit64", "sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr",
)  # fmt: skip
_NEW_NAMESPACES: Final = (
    0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000, 0x00000080,
)  # fmt: skip
_MSG_FASTOPEN: Final = 0x20000000
_AF_INET, _AF_INET6 = 2, 10
_PR_SET_PDEATHSIG: Final = 1


class Files:
    """Landlock rules; what every script may read is opened once. Degrades with the kernel's version of it.

    hidden: folders, as real paths, that no rule for one of the system's may open. readable: opened all the same.
    """

    def __init__(self, readable: Iterable[str], *, hidden: Sequence[str]) -> None:
        self.abi = int(landlock_sys.get_abi_version())
        self._fs = get_supported_fs(self.abi)  # type: ignore[arg-type]
        self._net = get_supported_net(self.abi)  # type: ignore[arg-type]
        self._scope = get_supported_scope(self.abi)  # type: ignore[arg-type]
        system = [part for path in SYSTEM if os.path.exists(path) for part in grants.around(path, hidden)]
        self._shared = [self._open(path, _READ) for path in (*system, *readable) if os.path.exists(path)]
        self._shared += [self._open(path, _DEVICE) for path in DEVICES if os.path.exists(path)]

    def apply(self, *, readable: Iterable[str], writable: Iterable[str]) -> None:
        """Confine this process, for good, to the system's files and these. Raises OSError."""
        ruleset = landlock_sys.create_ruleset(landlock_sys.RulesetAttr(self._fs, 0, self._scope))
        for descriptor, access in self._shared:
            self._allow(ruleset, descriptor, access)
        for paths, access in ((readable, _READ), (writable, _WORK)):
            for path in paths:
                descriptor, granted = self._open(path, access)
                self._allow(ruleset, descriptor, granted)
                os.close(descriptor)
        landlock_sys.restrict_self(ruleset, None)
        os.close(ruleset)

    def _allow(self, ruleset: Any, descriptor: int, access: AccessFs) -> None:
        landlock_sys.add_rule(ruleset, landlock_sys.PathBeneathAttr(access & self._fs, descriptor))

    @staticmethod
    def _open(path: str, access: AccessFs) -> tuple[int, AccessFs]:
        if not os.path.isdir(path):
            access &= _READ_FILE | AccessFs.WRITE_FILE | AccessFs.TRUNCATE
        return os.open(path, os.O_PATH | os.O_CLOEXEC), access


def build_filter(*, network: bool) -> bytes:
    """The seccomp program as BPF. Raises ImportError or OSError without libseccomp.

    The socket rules leave IPv4 and IPv6 alone, without the protocols and flags that Landlock and firewalls
    overlook; UNIX sockets can only be made as pairs, so no server that listens on one can be reached.
    """
    import pyseccomp as seccomp

    program = seccomp.SyscallFilter(seccomp.ALLOW)
    no = seccomp.ERRNO(errno.EPERM)

    def deny(call: str, *conditions: Any, action: Any = no) -> None:
        try:
            program.add_rule(action, call, *conditions)
        except OSError:  # this architecture, or this libseccomp, does not know the call
            return

    argument = seccomp.Arg
    for call in _DENIED_CALLS:
        deny(call)
    deny(
        "clone3", action=seccomp.ERRNO(errno.ENOSYS)
    )  # its flags lie in memory; the C library falls back to clone
    for flag in _NEW_NAMESPACES:
        deny("clone", argument(0, seccomp.MASKED_EQ, flag, flag))
    for call in _ON_ITSELF_ONLY:
        deny(call, argument(0, seccomp.NE, 0))
    for call, process in (("setpriority", 0), ("ioprio_set", 1)):  # nor by group, nor by user
        deny(call, argument(0, seccomp.NE, process))
        deny(call, argument(1, seccomp.NE, 0))
    deny("prctl", argument(0, seccomp.EQ, _PR_SET_PDEATHSIG))
    if network:
        deny("socket", argument(0, seccomp.LT, _AF_INET))
        deny("socket", argument(0, seccomp.GT, _AF_INET6))
        for family in range(_AF_INET + 1, _AF_INET6):
            deny("socket", argument(0, seccomp.EQ, family))
        for protocol in (132, 136, 255, 262):  # SCTP, UDP-Lite, raw, MPTCP
            deny("socket", argument(2, seccomp.EQ, protocol))
        for call, position in (("sendto", 3), ("sendmsg", 2), ("sendmmsg", 3)):
            deny(call, argument(position, seccomp.MASKED_EQ, _MSG_FASTOPEN, _MSG_FASTOPEN))
        deny("setsockopt", argument(1, seccomp.EQ, 6), argument(2, seccomp.EQ, 30))  # TCP_FASTOPEN_CONNECT
    else:
        deny("socket")
    with tempfile.TemporaryFile() as file:
        program.export_bpf(file)
        file.seek(0)
        return file.read()


def load_filter(program: bytes) -> None:
    """Install a compiled program in this process, for good. Needs no_new_privs. Raises OSError."""
    import ctypes

    class Instructions(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]

    buffer = ctypes.create_string_buffer(program, len(program))
    header = Instructions(len(program) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(22, 2, ctypes.byref(header), 0, 0) != 0:  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def set_limits(limits: dict[str, int | None]) -> None:
    """Limits of this process and its children, never above what is allowed here already."""
    memory = limits.get("memory_bytes")
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_DATA: memory and 2 * memory,
        resource.RLIMIT_CPU: limits.get("cpu_seconds"),
        resource.RLIMIT_FSIZE: limits.get("file_bytes"),
        resource.RLIMIT_NOFILE: limits.get("open_files"),
        resource.RLIMIT_NPROC: limits.get("processes"),
    }
    for kind, value in wanted.items():
        if value is None:
            continue
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        # SIGXCPU at the limit may be caught; SIGKILL a second later may not.
        resource.setrlimit(kind, (value, value + 1 if kind == resource.RLIMIT_CPU else value))
