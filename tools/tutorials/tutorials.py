#!/usr/bin/env python3
"""Keeps docs/tutorials/<name>.md, its program <name>.cpp and what the program prints the same.

tutorials.py check NAME                    the page has the program's code, and the recorded run's figures; its links lead
                                           somewhere, and it ends with a picture
tutorials.py test NAME PROGRAM [--cuda]    runs PROGRAM on few images (CRESSET_TUTORIAL_SHORT) and compares what it prints
tutorials.py record NAME PROGRAM           runs PROGRAM whole; writes its figures into the page, the run to runs/NAME.txt and
                                           the pictures that the page shows to images/
tutorials.py fill NAME                     writes the program's snippets into the page's ```cpp blocks
tutorials.py cuda NAME FILE                writes the program with the page's change from CPU to CUDA

Programs read ./data: CRESSET_DATA_DIR, else ../shared/data beside the checkout, and Debian's package
dataset-fashion-mnist. A shortened run makes up what is not there; a whole run lets the program download it.
"""
import argparse
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import data
import page as pages
from page import Mismatch

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "tutorials"
SHORT_IMAGES = 8192
SHORT_IMAGES_CUDA = 32  # a simulated device is far slower than the processor


def read(path):
    return path.read_text(encoding="utf-8")


def record_file(name):
    return FOLDER / "runs" / f"{name}.txt"


def processor_seconds():
    """Of the processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(program, scratch, *, short=None):
    """What the program prints, both streams in their order, with a mark after each snippet; its seconds on the clock, and
    those that the processors worked for it."""
    environment = dict(os.environ, CRESSET_TUTORIAL_MARKS="1", LC_ALL="C.UTF-8")
    environment.pop("CRESSET_TUTORIAL_SHORT", None)
    if short is not None:
        environment["CRESSET_TUTORIAL_SHORT"] = str(short)
    data.provide(scratch / "data", data.published_folder(ROOT), made_up=short is not None)
    begin, worked = time.monotonic(), processor_seconds()
    done = subprocess.run(["stdbuf", "-oL", str(pathlib.Path(program).absolute())], cwd=scratch, env=environment,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    printed = done.stdout.decode("utf-8", "replace")
    if done.returncode != 0:
        raise Mismatch(f"{program} ended with {done.returncode}, and printed:\n{printed}")
    return printed, time.monotonic() - begin, processor_seconds() - worked


def outputs_by_snippet(program, printed):
    parts, numbers = pages.split_output(printed), pages.printing_snippets(program)
    if len(parts) != len(numbers):
        raise Mismatch(f"{len(numbers)} snippets in functions, {len(parts)} marks printed")
    return dict(zip(numbers, parts))


def check_printed(blocks, printed, compare):
    """Every snippet's output has its block, and the other way round. `compare` gets each block and its lines."""
    outputs = pages.outputs_of(blocks)
    for snippet, lines in printed.items():
        if lines and snippet not in outputs:
            raise Mismatch("a snippet prints what is not on the page:\n" + "\n".join(lines[:10]))
    for snippet, block in outputs.items():
        try:
            compare(block, printed.get(snippet, []))
        except Mismatch as error:
            raise Mismatch(f"page, line {block.first}: {error}") from None


def check_links(name, text):
    for link in pages.LINK.findall(text):
        if not re.match(r"[a-z]+:", link) and not (FOLDER / link).exists():
            raise Mismatch(f"the page links to {link}, which is not there")
    last = text.rstrip().split("\n")[-1]
    if not re.fullmatch(r"!\[[^\]]+\]\([^)]+\.png\)", last):
        raise Mismatch(f"{name}.md must end with a picture, ends with: {last}")


def check(name):
    program, text = read(FOLDER / f"{name}.cpp"), read(FOLDER / f"{name}.md")
    blocks, snippets = pages.blocks_of(text), pages.snippets_of(program)
    shown = [block for block in blocks if block.kind == "cpp"]
    for number, (block, snippet) in enumerate(zip(shown, snippets)):
        for offset, (a, b) in enumerate(zip(block.lines + [""], snippet + [""])):
            if a != b:
                raise Mismatch(f"page, line {block.first + offset + 1}, snippet {number + 1}:\n"
                               f"the page has     {a}\nthe program has  {b}")
        if len(block.lines) != len(snippet):
            raise Mismatch(f"page, line {block.first + 1}: the snippet has {len(snippet)} lines")
    if len(shown) != len(snippets):
        raise Mismatch(f"{len(shown)} ```cpp blocks on the page, {len(snippets)} snippets in the program")
    pages.with_cuda(program, blocks)
    check_links(name, text)

    head, _, printed = read(record_file(name)).partition("\n\n")
    if pages.run_block(blocks).lines != head.split("\n"):
        raise Mismatch("the page's ```text run block is not the head of the recorded run")

    def compare(block, lines):
        compare_lines = pages.compare_recorded if block.kind == "text measured" else pages.compare_exact
        compare_lines(block.lines, lines)

    check_printed(blocks, outputs_by_snippet(program, printed), compare)
    print(f"{name}: {len(snippets)} snippets")


def test(name, program_file, cuda):
    program, text = read(FOLDER / f"{name}.cpp"), read(FOLDER / f"{name}.md")
    with tempfile.TemporaryDirectory() as scratch:
        images = SHORT_IMAGES_CUDA if cuda else SHORT_IMAGES
        printed, seconds, _ = run(program_file, pathlib.Path(scratch), short=images)
    if cuda:
        printed = re.sub(r",\s*device='cuda:0'", "", printed).replace("cuda:0", "cpu")

    def compare(block, lines):
        compare_lines = pages.compare_short if block.kind == "text measured" else pages.compare_exact
        compare_lines(block.lines, lines)

    check_printed(pages.blocks_of(text), outputs_by_snippet(program, printed), compare)
    print(f"{name}: printed what the page says, {seconds:.1f} s")


def machine():
    info = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")

    def field(key):
        return re.search(rf"^{key}\s*: (.*)$", info, re.MULTILINE).group(1).strip()

    flags = field("flags").split()
    vectors = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "SSE4"
    return (f"{field('model name')}, family {field('cpu family')}, model {field('model')}, {vectors}, "
            f"{os.cpu_count()} cores")


def record(name, program_file):
    program, path = read(FOLDER / f"{name}.cpp"), FOLDER / f"{name}.md"
    text = read(path)
    blocks = pages.blocks_of(text)
    with tempfile.TemporaryDirectory() as scratch:
        printed, seconds, worked = run(program_file, pathlib.Path(scratch))
        for link in pages.LINK.findall(text):
            made = pathlib.Path(scratch) / pathlib.Path(link).name
            if link.startswith("images/") and made.is_file():
                (FOLDER / "images").mkdir(exist_ok=True)
                shutil.copyfile(made, FOLDER / link)
    head = [f"$ tools/tutorials/tutorials.py record {name} {pathlib.Path(program_file)}",
            f"{seconds:.0f} s, {worked:.0f} s of processor time, on {machine()}"]
    outputs, by_snippet = pages.outputs_of(blocks), outputs_by_snippet(program, printed)
    replacements = [(pages.run_block(blocks), head)]
    for snippet, block in outputs.items():
        lines = by_snippet.get(snippet, [])
        replacements.append((block, pages.abridge(lines, block.lines) if block.kind == "text measured" else lines))
    record_file(name).parent.mkdir(exist_ok=True)
    record_file(name).write_text("\n".join(head) + "\n\n" + printed, encoding="utf-8")
    path.write_text(pages.fill(text, replacements), encoding="utf-8")
    print(f"{name}: {seconds:.1f} s")


def fill(name):
    path = FOLDER / f"{name}.md"
    text, snippets = read(path), pages.snippets_of(read(FOLDER / f"{name}.cpp"))
    shown = [block for block in pages.blocks_of(text) if block.kind == "cpp"]
    if len(shown) != len(snippets):
        raise Mismatch(f"{len(shown)} ```cpp blocks on the page, {len(snippets)} snippets in the program")
    path.write_text(pages.fill(text, list(zip(shown, snippets))), encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for command in ("check", "test", "record", "fill", "cuda"):
        sub = commands.add_parser(command)
        sub.add_argument("name")
        if command in ("test", "record"):
            sub.add_argument("program")
        if command == "test":
            sub.add_argument("--cuda", action="store_true")
        if command == "cuda":
            sub.add_argument("file", type=pathlib.Path)
    arguments = parser.parse_args()
    try:
        if arguments.command == "check":
            check(arguments.name)
        elif arguments.command == "test":
            test(arguments.name, arguments.program, arguments.cuda)
        elif arguments.command == "record":
            record(arguments.name, arguments.program)
        elif arguments.command == "fill":
            fill(arguments.name)
        else:
            program = read(FOLDER / f"{arguments.name}.cpp")
            changed = pages.with_cuda(program, pages.blocks_of(read(FOLDER / f"{arguments.name}.md")))
            arguments.file.parent.mkdir(parents=True, exist_ok=True)
            arguments.file.write_text(changed, encoding="utf-8")
    except (Mismatch, OSError) as error:
        print(f"tutorials: {arguments.name}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
