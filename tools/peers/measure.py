"""Clocks and machine facts shared by the peer programs."""

import json
import os
import platform
import resource
import statistics
import sys
import time


def processor_times():
    """CPU seconds since boot: (busy by anyone, stolen by the hypervisor)."""
    with open("/proc/stat") as stat:
        ticks = [int(field) for field in stat.readline().split()[1:9]]
    user, nice, system, _idle, _iowait, irq, softirq, steal = ticks
    second = os.sysconf("SC_CLK_TCK")
    return (user + nice + system + irq + softirq) / second, steal / second


def own_times():
    """CPU seconds of this process and of its children that have ended."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


class Span:
    """Wall and CPU time from construction to `stop()`, and how much of the machine others took meanwhile.

    `others_busy` is the mean number of cores that other processes kept busy; a figure taken while it is far from 0 is
    not to be relied on.
    """

    def __init__(self):
        self.machine, self.stolen = processor_times()
        self.own = own_times()
        self.wall = time.perf_counter()

    def stop(self):
        wall = time.perf_counter() - self.wall
        own = own_times() - self.own
        machine, stolen = processor_times()
        others = max(0.0, machine - self.machine - own)
        return {
            "wall_s": wall,
            "cpu_s": own,
            "others_busy": others / wall,
            "stolen_cores": (stolen - self.stolen) / wall,
        }


def spread(samples):
    return {"min": min(samples), "median": statistics.median(samples), "max": max(samples), "repeats": len(samples)}


def processor_name():
    with open("/proc/cpuinfo") as info:
        names = (line.split(":", 1)[1].strip() for line in info if line.startswith("model name"))
        return next(names, platform.machine())


def report(program, figures, **more):
    """Prints the one JSON object that tools/compare.py reads."""
    import torch

    facts = {"torch": torch.__version__, "processor": processor_name(), "cores": os.cpu_count()}
    json.dump({"program": program, **facts, **more, "figures": figures}, sys.stdout, indent=1)
    print()
