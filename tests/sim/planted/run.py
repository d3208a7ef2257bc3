#!/usr/bin/env python3
"""Runs the planted bugs that a build can find: each must be reported, its neighbour must stay silent, under 20 seeds.

run.py PROGRAM BUILD [NAME...]   PROGRAM: `planted`; BUILD: plain, address or thread; NAME: only these
"""
import os
import re
import subprocess
import sys

SEEDS = 20
here = os.path.dirname(os.path.abspath(__file__))
environment = dict(
    os.environ,
    ASAN_OPTIONS="detect_stack_use_after_return=1:detect_leaks=0",
    UBSAN_OPTIONS="print_stacktrace=1",
    TSAN_OPTIONS="halt_on_error=0",
)


def bugs(build):
    """name, words and whether every seed must find it, from the table in planted.h."""
    text = open(os.path.join(here, "planted.h"), encoding="utf-8").read()
    row = re.compile(r'\{"(\w+)", Build::k(\w+), "([^"]+)",\s*"([^"]+)",\s*(true|false),\s*\w+\}')
    rows = [(m[1], m[3], m[4], m[5] == "true") for m in row.finditer(text) if m[2].lower() == build]
    if not rows:
        sys.exit(f"planted: no bug is for the build '{build}'")
    return rows


def run(program, name, which, first, last):
    done = subprocess.run(
        [program, name, which, str(first), str(last)], env=environment, capture_output=True, text=True, timeout=600
    )
    return done.stderr + done.stdout, done.returncode


def seeds_of(output):
    """Splits the output of a run over several seeds."""
    parts = re.split(r"^seed (\d+)\n", output, flags=re.M)
    return {int(parts[i]): parts[i + 1] for i in range(1, len(parts), 2)}


def main():
    program, build, *names = sys.argv[1:]
    failures = 0
    for name, reported, where, every in bugs(build):
        if names and name not in names:
            continue
        found, missed = 0, False
        # A bug that ends the process, as under a sanitizer, shows in the output of its own seed only.
        together, _ = run(program, name, "bug", 1, SEEDS)
        outputs = seeds_of(together)
        for seed in range(1, SEEDS + 1):
            text = outputs.get(seed, "")
            if reported not in text:
                text = run(program, name, "bug", seed, seed)[0]
            if reported in text and where in text:
                found += 1
            elif every and not missed:
                missed = True
                print(f"{name}, seed {seed}: must say '{reported}' and '{where}', said:\n{text[:3000]}")
        silent, code = run(program, name, "good", 1, SEEDS)
        noise = re.sub(r"^seed \d+\n", "", silent, flags=re.M)
        good = not noise and code == 0 and len(seeds_of(silent)) == SEEDS
        if not good:
            print(f"{name}: its neighbour must be silent, said (exit {code}):\n{noise[:3000]}")
        passed = good and (found == SEEDS if every else found > 0)
        failures += not passed
        print(f"{'ok    ' if passed else 'FAILED'} {name}: reported under {found} of {SEEDS} seeds")
    sys.exit(failures != 0)


if __name__ == "__main__":
    main()
