#!/usr/bin/env python3
"""Checks the links of Markdown files: every file they name is there, and every #anchor is a heading of its file.

  tools/check_links.py [FILE_OR_FOLDER...]      default: the whole project

Addresses on the web are not asked. A problem is printed as `file:line: what`; the exit status is then 1.
"""
import re
import sys
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
NOT_OURS = {"build", ".git", ".cache", "node_modules"}
FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
HEADING = re.compile(r"^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
# The end of [text](target "title") and ![picture](target); one level of brackets inside a text.
INLINE = re.compile(r"\]\(\s*<?([^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*)>?(?:\s+[\"'][^\"']*[\"'])?\s*\)")
DEFINITION = re.compile(r"^ {0,3}\[([^\]]+)\]:\s*<?(\S+?)>?(?:\s|$)")
REFERENCE = re.compile(r"\[(?:[^\[\]]|\[[^\[\]]*\])+\]\[([^\]]+)\]")
HTML = re.compile(r"<(?:a|img)\s[^>]*?(?:href|src)=[\"']([^\"']+)[\"']")
CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")


def prose_lines(text):
    """(number, line) of what is outside of fenced blocks."""
    fence = None
    for number, line in enumerate(text.splitlines(), 1):
        match = FENCE.match(line)
        if fence:
            if match and match[1][0] == fence[0] and len(match[1]) >= len(fence):
                fence = None
        elif match:
            fence = match[1]
        else:
            yield number, line


def slug(heading):
    """The anchor that GitHub gives a heading."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
    text = re.sub(r"[^\w\- ]", "", text.strip().lower())
    return text.replace(" ", "-")


def anchors_of(text):
    found, counts = set(), {}
    for _, line in prose_lines(text):
        found.update(re.findall(r"<a\s[^>]*?(?:id|name)=[\"']([^\"']+)[\"']", line))
        match = HEADING.match(line)
        if not match:
            continue
        name = slug(match[2])
        found.add(f"{name}-{counts[name]}" if name in counts else name)
        counts[name] = counts.get(name, 0) + 1
    return found


def targets_of(text):
    """(line number, target) of every link; a reference that is defined nowhere has the target None."""
    lines = [(number, CODE.sub(lambda m: " " * len(m[0]), line)) for number, line in prose_lines(text)]
    definitions = {m[1].lower(): m[2] for _, line in lines if (m := DEFINITION.match(line))}
    for number, line in lines:
        definition = DEFINITION.match(line)
        if definition:
            yield number, definition[2], definition[1]
            continue
        for target in INLINE.findall(line) + HTML.findall(line):
            yield number, target, target
        for name in REFERENCE.findall(line):
            if name.lower() not in definitions:
                yield number, None, name


def problems_of(file, texts):
    def text_of(path):
        if path not in texts:
            texts[path] = path.read_text(encoding="utf-8")
        return texts[path]

    for number, target, shown in targets_of(text_of(file)):
        if target is None:
            yield number, f"[{shown}] is defined nowhere"
            continue
        if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", target) or target.startswith("//"):
            continue
        path, _, anchor = target.partition("#")
        place = file if path == "" else (file.parent / unquote(path)).resolve()
        if path.startswith("/"):
            yield number, f"{target} is an absolute path"
        elif not place.exists():
            yield number, f"{target} does not exist"
        elif not place.is_relative_to(ROOT) and file.is_relative_to(ROOT):
            yield number, f"{target} leads out of the project"
        elif anchor and place.suffix == ".md" and unquote(anchor) not in anchors_of(text_of(place)):
            yield number, f"{target}: no heading of {place.name} has this anchor"


def markdown_files(places):
    for place in places:
        if place.is_file():
            yield place
        else:
            for file in sorted(place.rglob("*.md")):
                if not NOT_OURS & set(file.relative_to(place).parts):
                    yield file


def main(arguments):
    places = [Path(a).resolve() for a in arguments] or [ROOT]
    missing = [p for p in places if not p.exists()]
    for place in missing:
        print(f"{place}: does not exist", file=sys.stderr)
    files = list(markdown_files([p for p in places if p not in missing]))
    texts, bad = {}, len(missing)
    for file in files:
        for number, what in problems_of(file, texts):
            shown = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file
            print(f"{shown}:{number}: {what}", file=sys.stderr)
            bad += 1
    if not files:
        print("no Markdown file", file=sys.stderr)
    print(f"{len(files)} Markdown files, {bad} broken links")
    return 1 if bad or not files else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
