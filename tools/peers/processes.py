"""Child processes with their wall time, CPU time and peak memory. Imports nothing large: see `run`."""

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass


class Missing(Exception):
    """A side of a comparison is not there, or failed; the text says what, `stdout` what it printed before."""

    stdout = ""


@dataclass
class Ended:
    stdout: str
    begin_ns: int  # the monotonic clock just before the start
    wall_s: float
    cpu_s: float
    peak_mb: float


def run(command, limit=None):
    """Runs a command to its end, or for `limit` seconds. Missing, with the last line of its errors, where it cannot be
    started or fails.

    A child's peak memory counts from its fork, so it is at least this process's own: about 20 MB.
    """
    command = [str(word) for word in command]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        begin_ns = time.monotonic_ns()
        try:
            words = command if limit is None else ["timeout", str(limit), *command]
            child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=errors)
        except OSError as error:
            raise Missing(f"{command[0]}: {error.strerror}") from error
        _, status, usage = os.wait4(child.pid, 0)
        wall_s = (time.monotonic_ns() - begin_ns) / 1e9
        child.returncode = os.waitstatus_to_exitcode(status)
        for file in (out, errors):
            file.seek(0)
        if child.returncode:
            lines = errors.read().strip().splitlines() or ["no message"]
            missing = Missing(f"`{' '.join(command[:2])}` ended with {child.returncode}: {lines[-1]}")
            missing.stdout = out.read()
            raise missing
        return Ended(out.read(), begin_ns, wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6)
