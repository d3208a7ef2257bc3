#!/usr/bin/env python3
"""Rewrites the section of docs/verification.md that `tools/test.sh --full` owns, and nothing else of the page."""

import argparse
import pathlib
import platform
import re
import subprocess
import sys

BEGIN = "<!-- begin: written by tools/test.sh --full -->"
END = "<!-- end: written by tools/test.sh --full -->"


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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--page", type=pathlib.Path, default=pathlib.Path("docs/verification.md"))
    parser.add_argument("--results", type=pathlib.Path, required=True)
    parser.add_argument("--minutes", type=int, required=True)
    arguments = parser.parse_args()

    commit = output_of("git", "rev-parse", "--short=12", "HEAD")
    changed = output_of("git", "status", "--porcelain", "--untracked-files=no", "--", ".", f":!{arguments.page}")
    processors = output_of("nproc")
    compilers = ", ".join(output_of(name, "--version").splitlines()[0] for name in ("g++", "clang++"))
    lines = [
        f"- commit {commit}{', with uncommitted changes' if changed else ''}",
        f"- {processors} processors of {processor()}, {system()}, {compilers}",
        f"- {arguments.minutes} minutes",
    ]
    for preset, folder in (("coverage", "src"), ("sim-coverage", "kernels")):
        coverage = arguments.results / f"{preset}.txt"
        total = re.search(r"^TOTAL\s+(\d+)\s+(\d+)\s+(\S+)", coverage.read_text(), re.MULTILINE) if coverage.exists() else None
        if total:
            lines.append(f"- coverage of {folder}: {total.group(2)} of {total.group(1)} lines, {total.group(3)}")
    section = "\n".join(lines) + "\n\n" + (arguments.results / "table.md").read_text()

    page = arguments.page.read_text()
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        print(f"verification: {arguments.page} must hold one '{BEGIN}' and one '{END}'", file=sys.stderr)
        return 1
    head, rest = page.split(BEGIN)
    tail = rest.split(END)[1]
    arguments.page.write_text(f"{head}{BEGIN}\n{section}{END}{tail}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
