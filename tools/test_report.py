#!/usr/bin/env python3
"""Adds up what ctest and GoogleTest wrote, and prints the counts as plain lines.

usage: test_report.py RESULTS_DIR [--steps N] [--extra-failures N] [--skipped REASON]...

RESULTS_DIR has one folder a run of ctest (named after the preset), with ctest.xml (ctest --output-junit) and a
test_<entry>.xml for each entry that is a GoogleTest program (GTEST_OUTPUT=xml:). An entry with such a file counts by its
cases, any other as one test. The last line printed is `N passed, N failed, N skipped` over all runs.
"""

import argparse
import collections
import pathlib
import sys
from xml.etree import ElementTree


class Counts:
    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.skipped = 0
        self.failures = []
        self.reasons = collections.Counter()

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.failures += other.failures
        self.reasons += other.reasons

    def fail(self, name):
        self.failed += 1
        self.failures.append(name)

    def skip(self, reason):
        self.skipped += 1
        self.reasons[reason] += 1

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def count_cases(path):
    counts = Counts()
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        skipped = case.find("skipped")
        if case.find("failure") is not None:
            counts.fail(name)
        elif skipped is not None or case.get("result") == "skipped":
            message = (skipped.get("message") or skipped.text or "") if skipped is not None else ""
            lines = [line for line in message.strip().splitlines() if line.strip()]
            # GoogleTest puts "file:line" before the words of GTEST_SKIP().
            counts.skip(lines[-1] if lines else "no reason given")
        elif case.get("status") == "notrun":
            counts.skip(f"{name} is disabled")
        else:
            counts.passed += 1
    return counts


def count_run(folder):
    counts = Counts()
    for entry in ElementTree.parse(folder / "ctest.xml").getroot().iter("testcase"):
        name, status = entry.get("name"), entry.get("status")
        cases = folder / f"test_{name}.xml"
        if status == "run" or status == "fail":
            if cases.exists():
                found = count_cases(cases)
                # A program may also fail after its last case: a leak, a crash at exit.
                if status == "fail" and found.failed == 0:
                    found.fail(f"{name} (after its cases)")
                counts.add(found)
            elif status == "run":
                counts.passed += 1
            else:
                counts.fail(name)
        else:
            # ctest's own message is only how it was told; why, the test printed.
            printed = (entry.findtext("system-out") or "").split("\n")
            counts.skip(f"{name}: {next((line.strip() for line in reversed(printed) if line.strip()), status)}")
    return counts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("results", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=0, help="steps that are no tests and went well; not counted")
    parser.add_argument("--extra-failures", type=int, default=0, help="failed steps that are no tests")
    parser.add_argument("--skipped", action="append", default=[], metavar="REASON", help="a step that was left out")
    arguments = parser.parse_args()

    total = Counts()
    for folder in sorted(path.parent for path in arguments.results.glob("*/ctest.xml")):
        counts = count_run(folder)
        print(f"{folder.name}: {counts}")
        for name in counts.failures:
            print(f"  failed: {name}")
        for reason, times in sorted(counts.reasons.items()):
            print(f"  skipped, {times} times: {reason}")
        total.add(counts)
    total.failed += arguments.extra_failures
    for reason in arguments.skipped:
        print(f"skipped: {reason}")
        total.skip(reason)
    print(total)
    return 1 if total.failed or not total.passed + arguments.steps else 0


if __name__ == "__main__":
    sys.exit(main())
