"""A tutorial's page and its program: taken apart, and compared.

The program marks its snippets: from the line `// snippet` to `// end` (outside of functions) or
`tutorial::end_snippet();` (inside). The page's ```cpp blocks are these snippets, in order and without their
indentation. A ```text block after a ```cpp block is what that snippet prints:

    ```text            the same in every run and on every machine, up to one unit of a number's last place, or its
                       fourth digit
    ```text measured   of the recorded run; a line `...` stands for lines left out
    ```text run        the recorded run's command, time and machine, once a page
"""
import dataclasses
import re

MARKS_END = ("// end", "tutorial::end_snippet();")
# What a program may hold beside its snippets: nothing that a reader would have to know of. Functions around snippets are
# called by main in their order.
BESIDE = re.compile(r"\s*(//.*|#include \"tutorial\.h\"|tutorial::.*|(void|int) \w+\(\) \{|\w+\(\);|\})?")
NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+(?:,\d{3})*(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?")
LINK = re.compile(r"(?:\]\(|src=\")([^)#\s\"]+)(?:#[^)]*)?[)\"]")


class Mismatch(Exception):
    pass


@dataclasses.dataclass
class Block:
    kind: str  # what stands behind the fence
    first: int  # the number of its first line within the page, from 0
    lines: list
    snippet: int = -1  # of the ```cpp block before


def snippets_of(program):
    """The lines of each snippet. Raises Mismatch where there is code beside them."""
    snippets, inside, indent = [], False, 0
    for number, line in enumerate(program.split("\n"), 1):
        text = line.strip()
        if text == "// snippet":
            if inside:
                raise Mismatch(f"line {number}: a snippet within a snippet")
            inside, indent = True, len(line) - len(line.lstrip())
            snippets.append([])
        elif inside and text in MARKS_END:
            inside = False
        elif inside:
            if line[:indent].strip():
                raise Mismatch(f"line {number}: less indented than its snippet")
            snippets[-1].append(line[indent:])
        elif not BESIDE.fullmatch(line):
            raise Mismatch(f"line {number}: stands in no snippet: {text}")
    if inside:
        raise Mismatch("the last snippet does not end")
    return snippets


def blocks_of(page):
    """The fenced blocks of a page."""
    blocks, inside, count = [], None, 0
    for number, line in enumerate(page.split("\n")):
        if not line.startswith("```"):
            if inside is not None:
                inside.lines.append(line)
        elif inside is not None:
            blocks.append(inside)
            inside = None
        else:
            kind = line[3:].strip()
            count += kind == "cpp"
            inside = Block(kind, number + 1, [], count - 1)
    if inside is not None:
        raise Mismatch(f"line {inside.first}: the block does not end")
    return blocks


def outputs_of(blocks):
    """The text block of each snippet, by the snippet's number."""
    outputs = {}
    for block in blocks:
        if block.kind in ("text", "text measured"):
            if block.snippet < 0 or block.snippet in outputs:
                raise Mismatch(f"line {block.first}: a text block must be the only one after its snippet")
            outputs[block.snippet] = block
    return outputs


def run_block(blocks):
    found = [block for block in blocks if block.kind == "text run"]
    if len(found) != 1:
        raise Mismatch(f"the page must have one ```text run block, has {len(found)}")
    return found[0]


def with_cuda(program, blocks):
    """The program with the page's one-line change from CPU to CUDA."""
    changes = [block.lines for block in blocks if block.kind == "diff"]
    if len(changes) != 1 or [line[:1] for line in changes[0]] != ["-", "+"]:
        raise Mismatch("the page must have one ```diff block, of one line away and one line in its place")
    old, new = (line[1:].strip() for line in changes[0])
    if program.count(old + "\n") != 1:
        raise Mismatch(f"the line that the page changes must be in the program once: {old}")
    return program.replace(old + "\n", new + "\n")


def split_output(printed):
    """What each snippet printed, as lines, from the output with its marks."""
    parts = printed.split("\f\n")
    if parts.pop().strip():
        raise Mismatch("something is printed after the last snippet in main")
    return [part.strip("\n").split("\n") if part.strip() else [] for part in parts]


def printing_snippets(program):
    """The numbers of the snippets that end with a mark at run time."""
    ends = [line.strip() for line in program.split("\n") if line.strip() in MARKS_END]
    return [number for number, end in enumerate(ends) if end == MARKS_END[1]]


def shape_of(line):
    """A measured line without its figures: numbers, and words behind the last colon, such as the classes of images."""
    shape = NUMBER.sub(" # ", line.replace("s/it", "it/s"))
    if ":" in shape and "#" not in shape[shape.rindex(":") :]:
        shape = shape[:shape.rindex(":") + 1]
    return " ".join(shape.split())


def shapes_of(lines):
    shapes = []
    for line in lines:
        if line != "..." and (not shapes or shape_of(line) != shapes[-1]):
            shapes.append(shape_of(line))
    return [shape for shape in shapes if shape]


def same_numbers(wanted, printed):
    def value(text):
        return float(text.replace(",", ""))

    def unit(text):  # of the last place; for a number with a point, 5 of its 100,000 parts where that is more
        mantissa, _, exponent = text.partition("e")
        places = len(mantissa.partition(".")[2])
        return 0 if places == 0 else max(10.0 ** (int(exponent or 0) - places), 5e-5 * abs(value(text)))

    numbers, others = NUMBER.findall(wanted), NUMBER.findall(printed)
    return len(numbers) == len(others) and all(
        abs(value(a) - value(b)) <= 1.001 * max(unit(a), unit(b)) for a, b in zip(numbers, others))


def compare_exact(wanted, printed):
    """Every line with its words, and its numbers up to one unit of their last place."""
    if len(wanted) != len(printed):
        raise Mismatch(f"{len(wanted)} lines on the page, {len(printed)} printed")
    for a, b in zip(wanted, printed):
        words = [" ".join(NUMBER.sub(" # ", line).split()) for line in (a, b)]
        if words[0] != words[1] or not same_numbers(a, b):
            raise Mismatch(f"the page has  {a}\nprinted was  {b}")


def compare_short(wanted, printed):
    """A shorter run prints lines of the page's kinds in the page's order, perhaps not all of them."""
    rest = iter(shapes_of(wanted))
    for shape in shapes_of(printed):
        if shape not in rest:
            raise Mismatch(f"the page has no such line there: {shape}")


def compare_recorded(wanted, recorded):
    """The page's lines are the record's; `...` stands for any number of lines."""
    text = "\n".join(recorded)
    pattern = r"\n(?:.*\n)*".join(re.escape("\n".join(part)) for part in split_at_dots(wanted))
    if not re.fullmatch(pattern, text):
        raise Mismatch("the page's figures are not those of the recorded run:\n" + "\n".join(wanted))


def split_at_dots(lines):
    parts = [[]]
    for line in lines:
        if line == "...":
            parts.append([])
        else:
            parts[-1].append(line)
    return parts


def abridge(lines, old):
    """The lines, left out where the page's old block left some out."""
    parts = split_at_dots(old)
    if len(parts) != 2 or len(lines) <= len(parts[0]) + len(parts[1]):
        return lines
    head, tail = len(parts[0]), len(parts[1])
    return lines[:head] + ["..."] + lines[len(lines) - tail:]


def fill(page, replacements):
    """The page with the lines of some blocks replaced: pairs of block and lines."""
    lines = page.split("\n")
    for block, new in sorted(replacements, key=lambda pair: -pair[0].first):
        lines[block.first:block.first + len(block.lines)] = new
    return "\n".join(lines)
