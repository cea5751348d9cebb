"""
Noun: what a running process has used, as Linux tells it.

In: process IDs. Out: CPU seconds, resident megabytes. Rule of this file: it reads /proc and starts nothing.
"""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds that a process has used, all threads, user and system."""
    # The name in brackets may hold spaces: fields are counted after its end.
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / _TICKS


def rss_mb(pid: int) -> float:
    """Return the resident memory of a process in megabytes (2^20 bytes)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"process {pid} has no resident memory: it has ended")


def own_java() -> int | None:
    """Return the ID of the broker that this process started; None where it runs in a container."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, rest = path.read_text().rpartition(")")
        except OSError:
            continue  # it ended between being listed and being read
        if "(java" in head and int(rest.split()[1]) == os.getpid():
            return int(path.parent.name)
    return None
