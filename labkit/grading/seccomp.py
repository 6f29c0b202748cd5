"""The system calls that the box forbids, as a program for the kernel. pyseccomp compiles it."""

from __future__ import annotations

import errno
import os
from functools import lru_cache

# Ways to new rights, into the kernel's rarer corners, or to memory that belongs to no process and is counted nowhere.
FORBIDDEN = """
    unshare setns mount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr
    ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_getfd
    bpf io_uring_setup io_uring_enter io_uring_register perf_event_open userfaultfd
    add_key request_key keyctl kexec_load kexec_file_load init_module finit_module delete_module
    swapon swapoff reboot open_by_handle_at name_to_handle_at fanotify_init quotactl quotactl_fd acct syslog
    memfd_create memfd_secret shmget shmat msgget semget mq_open
    settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname vhangup personality
    iopl ioperm modify_ldt nfsservctl lookup_dcookie uselib ustat sysfs _sysctl
    mbind migrate_pages move_pages set_mempolicy sched_setaffinity vmsplice
"""
NAMESPACES = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)  # CLONE_NEW...
FAMILIES = (1, 2, 10)  # of sockets: local, IPv4 and IPv6
SHARED_NAMELESS = 0x21  # MAP_SHARED | MAP_ANONYMOUS: memory that stays, uncounted, when a process lets go of it
TERMINAL = (0x5412, 0x541C)  # TIOCSTI and TIOCLINUX type into somebody's terminal


@lru_cache(maxsize=1)
def program() -> bytes:
    """What `bwrap --seccomp` takes: the calls above fail, all others are left alone.

    Raises:
        ImportError: pyseccomp, or the library that it binds, is not installed.
    """
    import pyseccomp as seccomp

    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    denied = seccomp.ERRNO(errno.EPERM)
    for name in FORBIDDEN.split():
        if _is_known(seccomp, name):
            rules.add_rule(denied, name)
    for flag in NAMESPACES:
        rules.add_rule(denied, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, flag, flag))
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")  # its flags are out of sight: the C library takes clone then
    rules.add_rule(denied, "mmap", seccomp.Arg(3, seccomp.MASKED_EQ, SHARED_NAMELESS, SHARED_NAMELESS))
    for request in TERMINAL:
        rules.add_rule(denied, "ioctl", seccomp.Arg(1, seccomp.MASKED_EQ, 0xFFFFFFFF, request))
    for family in range(max(FAMILIES) + 1):
        if family not in FAMILIES:
            rules.add_rule(seccomp.ERRNO(errno.EAFNOSUPPORT), "socket", seccomp.Arg(0, seccomp.EQ, family))
    rules.add_rule(seccomp.ERRNO(errno.EAFNOSUPPORT), "socket", seccomp.Arg(0, seccomp.GT, max(FAMILIES)))
    return _compiled(rules)


def _is_known(seccomp, name: str) -> bool:
    try:
        return seccomp.resolve_syscall(seccomp.system_arch(), name) != -1
    except (OSError, ValueError):
        return False  # a system call that this machine, or this version of the library, does not have


def _compiled(rules) -> bytes:
    with open(os.memfd_create("seccomp"), "w+b") as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
