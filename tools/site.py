#!/usr/bin/env python3
"""Parts of tools/docs.sh.

  site.py tutorials TAGS OUT    writes documentation for Doxygen: each class that a tutorial uses links to it
  site.py check FOLDER          every link within the pages of FOLDER leads to a file and an anchor that are there
"""
import html.parser
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import unquote, urlsplit

TUTORIALS = Path(__file__).resolve().parent.parent / "docs" / "tutorials"
ALIASES = {"F::": "nn::functional::"}


def title_of(page):
    return next(line[2:].strip() for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("# "))


def names_in(program):
    """Qualified names such as nn::Conv2d, and plain ones, as the program writes them."""
    text = re.sub(r"//.*|\"(?:\\.|[^\"\\])*\"", "", program.read_text(encoding="utf-8"))
    names = set(re.findall(r"\b[A-Za-z_]\w*(?:::[A-Za-z_]\w*)*", text))
    return names | {full + name[len(short):] for short, full in ALIASES.items() for name in names
                    if name.startswith(short)}


def write_links(tags, out):
    classes = {compound.findtext("name") for compound in ElementTree.parse(tags).getroot().iter("compound")
               if compound.get("kind") in ("class", "struct")}
    used = {}
    for program in sorted(TUTORIALS.glob("*.cpp")):
        page = program.with_suffix(".md")
        if not page.exists():
            continue
        names = names_in(program)
        for name in classes:
            if name.startswith("cresset::") and name.removeprefix("cresset::") in names:
                used.setdefault(name, []).append(page)
    with open(out, "w", encoding="utf-8") as file:
        for name, found in sorted(used.items()):
            links = ", ".join(f"[{title_of(page)}](docs/tutorials/{page.name})" for page in found)
            file.write(f"/** \\class {name}\n\\par Tutorials that use it\n{links}\n*/\n")
    print(f"{len(used)} classes link to tutorials")


class Links(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.targets, self.anchors = [], set()

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors.update(attributes[key] for key in ("id", "name") if attributes.get(key))
        self.targets += [attributes[key] for key in ("href", "src") if attributes.get(key)]


def check(folder):
    pages = {}
    for page in folder.rglob("*.html"):
        pages[page.resolve()] = Links()
        pages[page.resolve()].feed(page.read_text(encoding="utf-8"))
    bad = 0
    for page, links in sorted(pages.items()):
        for target in links.targets:
            parts = urlsplit(target)
            # Doxygen's line of contents has a link to nested classes also where none of them is shown.
            if parts.scheme or parts.netloc or parts.fragment == "nested-classes":
                continue
            place = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            known = pages.get(place)
            if not place.exists() or (parts.fragment and known and unquote(parts.fragment) not in known.anchors):
                print(f"{page.name}: {target} leads nowhere", file=sys.stderr)
                bad += 1
    print(f"{len(pages)} pages, {bad} broken links")
    return 1 if bad or not pages else 0


def main(arguments):
    if len(arguments) == 3 and arguments[0] == "tutorials":
        write_links(arguments[1], arguments[2])
        return 0
    if len(arguments) == 2 and arguments[0] == "check":
        return check(Path(arguments[1]))
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
