"""RAM that this process may have: the machine's, or what its control group leaves of it (a container, a Space)."""

from __future__ import annotations

import platform
import re
from functools import cache
from pathlib import Path, PurePosixPath

PROC = Path("/proc")
CGROUPS = Path("/sys/fs/cgroup")


def ram() -> tuple[int, int]:
    """(bytes in all, bytes used)."""
    import psutil

    memory = psutil.virtual_memory()
    total, free = int(memory.total), int(memory.available)
    for limit, used in _cgroup_limits():
        total = min(total, limit)
        free = min(free, max(0, limit - used))
    return total, total - min(free, total)


def process_bytes() -> int:
    """RAM that this process holds (resident set)."""
    import psutil

    return int(psutil.Process().memory_info().rss)


@cache
def cpu_name() -> str:
    """What people call the processor."""
    try:
        text = (PROC / "cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.processor() or "CPU"


def _cgroup_limits() -> list[tuple[int, int]]:
    """(limit, used) in bytes of every control group that this process is in and that has a limit."""
    groups = _cgroups()
    return [(limit, _cgroup_used(group)) for group in groups if (limit := _cgroup_limit(group)) is not None]


def _cgroups() -> list[Path]:
    """Folders of this process's control group and all above it, version 2 or the memory part of version 1.

    Inside a container the path is often the host's and not there: then only the root counts, which is the container's.
    """
    try:
        lines = (PROC / "self" / "cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    folders: list[Path] = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        root = CGROUPS / "memory" if controllers else CGROUPS
        inner = PurePosixPath(path.strip("/"))
        folders += [root / part for part in (inner, *inner.parents)]
    return list(dict.fromkeys(folders))


def _cgroup_limit(group: Path) -> int | None:
    limit = _number(group / "memory.max") or _number(group / "memory.limit_in_bytes")
    return limit if limit is not None and limit < 1 << 60 else None  # version 1 says "none" by a very large number


def _cgroup_used(group: Path) -> int:
    """Bytes in use, less what is only the cache of files: that is given back under pressure, as psutil counts it."""
    used = _number(group / "memory.current") or _number(group / "memory.usage_in_bytes") or 0
    try:
        lines = (group / "memory.stat").read_text(encoding="utf-8").splitlines()
    except OSError:
        return used
    stat = dict(line.split(" ", 1) for line in lines if " " in line)
    whole = "total_" if "total_inactive_file" in stat else ""  # version 1: with the groups below
    return max(0, used - sum(int(stat.get(f"{whole}{part}_file", 0)) for part in ("inactive", "active")))


def _number(path: Path) -> int | None:
    """The number in a file; None where there is none or it says ``max``."""
    try:
        return int(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
