#!/usr/bin/env python3
"""Rewrites the section of docs/verification.md that `tools/test.sh --full` owns, and nothing else of the page.

usage: verification.py --results DIR [--page FILE]

DIR has a folder for each part that was run, with part.json (tools/test.sh) and what test_report.py reads. Rows of parts
that were not run now stay as they are: each says of which commit it is.
"""

import argparse
import json
import pathlib
import platform
import re
import subprocess
import sys

import test_report

BEGIN = "<!-- begin: written by tools/test.sh --full -->"
END = "<!-- end: written by tools/test.sh --full -->"
# The order of the rows.
PARTS = (
    "checks release coverage sim dev clang asan tsan sim-coverage sim-asan sim-tsan nvcc mutate".split()
)
HEAD = [
    "| part | commit | minutes | steps | passed | failed | skipped |",
    "| --- | --- | --- | --- | --- | --- | --- |",
]


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def system():
    match = re.search(r'PRETTY_NAME="([^"]*)"', pathlib.Path("/etc/os-release").read_text())
    return match.group(1) if match else platform.platform()


class Part:
    """A row of the table and the remarks on it."""

    def __init__(self, row, remarks):
        self.row = row
        self.remarks = remarks

    @staticmethod
    def of_run(folder):
        told = json.loads((folder / "part.json").read_text())
        counts = test_report.count_run(folder) if (folder / "ctest.xml").exists() else None
        failed = told["failed_steps"]
        steps = f"failed: {' '.join(failed)}" if failed else f"{told['steps']} ok"
        numbers = [counts.passed, counts.failed, counts.skipped] if counts else ["", "", ""]
        cells = [folder.name, told["commit"], f"{told['seconds'] / 60:.1f}", steps, *numbers]
        remarks = []
        lines = folder / "coverage.txt"
        if lines.exists():
            total = re.search(r"^TOTAL\s+(\d+)\s+(\d+)\s+(\S+)", lines.read_text(), re.MULTILINE)
            if total:
                remarks.append(f"{total.group(2)} of {total.group(1)} lines are executed, {total.group(3)}")
        if counts:
            remarks += [f"failed: {name}" for name in counts.failures]
            here = f"{pathlib.Path.cwd()}/"
            remarks += [f"skipped, {times} times: {reason}" for reason, times in sorted(counts.reasons.items())]
            remarks = [remark.replace(here, "") for remark in remarks]
        return Part("| " + " | ".join(str(cell) for cell in cells) + " |", remarks)


def parts_of_page(section):
    parts = {}
    for line in section.splitlines():
        row = re.match(r"\| ([a-z-]+) \| [0-9a-f]", line)
        remark = re.match(r"- `([a-z-]+)`: (.*)", line)
        if row:
            parts[row.group(1)] = Part(line, [])
        elif remark and remark.group(1) in parts:
            parts[remark.group(1)].remarks.append(remark.group(2))
    return parts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--page", type=pathlib.Path, default=pathlib.Path("docs/verification.md"))
    parser.add_argument("--results", type=pathlib.Path, required=True)
    arguments = parser.parse_args()

    page = arguments.page.read_text()
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        print(f"verification: {arguments.page} must hold one '{BEGIN}' and one '{END}'", file=sys.stderr)
        return 1
    head, rest = page.split(BEGIN)
    section, tail = rest.split(END)

    parts = parts_of_page(section)
    for told in sorted(arguments.results.glob("*/part.json")):
        parts[told.parent.name] = Part.of_run(told.parent)
    compilers = ", ".join(output_of(name, "--version").splitlines()[0] for name in ("g++", "clang++"))
    lines = [f"The last run was on {output_of('nproc')} processors of {processor()}, {system()}, {compilers}.", "", *HEAD]
    order = [name for name in PARTS if name in parts]
    lines += [parts[name].row for name in order]
    remarks = [f"- `{name}`: {remark}" for name in order for remark in parts[name].remarks]
    if remarks:
        lines += ["", *remarks]
    arguments.page.write_text(head + BEGIN + "\n" + "\n".join(lines) + "\n" + END + tail)
    return 0


if __name__ == "__main__":
    sys.exit(main())
