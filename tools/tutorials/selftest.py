#!/usr/bin/env python3
"""Tests of page.py: each kind of difference between a page, its program and what it prints is found."""
import unittest

import page as pages

PROGRAM = """#include "tutorial.h"
// snippet
struct A {};
// end
int main() {
  // snippet
  const Device device("cpu");
  tutorial::end_snippet();
}
"""
PAGE = """# Title
```cpp
struct A {};
```
```cpp
const Device device("cpu");
```
```text
x 1.25
```
```diff
-  const Device device("cpu");
+  const Device device("cuda");
```
"""


class Pages(unittest.TestCase):
    def fails(self, function, *arguments):
        self.assertRaises(pages.Mismatch, function, *arguments)

    def test_snippets_lose_their_indentation(self):
        self.assertEqual(pages.snippets_of(PROGRAM), [["struct A {};"], ['const Device device("cpu");']])

    def test_code_outside_of_snippets_is_refused(self):
        self.fails(pages.snippets_of, PROGRAM.replace("}\n", "  hidden(1);\n}\n"))
        self.fails(pages.snippets_of, PROGRAM.replace("// end\n", ""))

    def test_a_text_block_belongs_to_the_snippet_before_it(self):
        outputs = pages.outputs_of(pages.blocks_of(PAGE))
        self.assertEqual({number: block.lines for number, block in outputs.items()}, {1: ["x 1.25"]})
        self.fails(pages.outputs_of, pages.blocks_of(PAGE + "```text\nmore\n```\n"))

    def test_the_change_to_cuda_is_applied(self):
        self.assertIn('device("cuda")', pages.with_cuda(PROGRAM, pages.blocks_of(PAGE)))
        self.fails(pages.with_cuda, PROGRAM.replace("cpu", "other"), pages.blocks_of(PAGE))

    def test_marks_split_the_output(self):
        self.assertEqual(pages.split_output("\f\na\nb\n\f\n"), [[], ["a", "b"]])
        self.assertEqual(pages.printing_snippets(PROGRAM), [1])
        self.fails(pages.split_output, "a\n\f\nlost\n")

    def test_exact_lines_may_differ_in_a_last_place(self):
        pages.compare_exact(["loss 1.250, tensor([ 1.2e-05])"], ["loss 1.251, tensor([1.3e-05])"])
        self.fails(pages.compare_exact, ["loss 1.250"], ["loss 1.252"])
        self.fails(pages.compare_exact, ["10 images"], ["11 images"])
        self.fails(pages.compare_exact, ["loss 1.2"], ["cost 1.2"])
        self.fails(pages.compare_exact, ["loss 1.2"], [])

    def test_a_short_run_prints_lines_of_the_same_kinds(self):
        page = ["training", "[1,  2000] loss: 2.190", "...", "Accuracy: 56 %", "Predicted: cat"]
        pages.compare_short(page, ["training", "[1, 20] loss: 3", "[2, 20] loss: 1", "Predicted: ship ship"])
        self.fails(pages.compare_short, page, ["Accuracy: 5 %", "training"])
        self.fails(pages.compare_short, page, ["something else"])

    def test_figures_are_those_of_the_record(self):
        record = ["a 1", "b 2", "c 3", "d 4"]
        for page in (record, ["a 1", "...", "d 4"], ["a 1", "b 2", "...", "d 4"]):
            pages.compare_recorded(page, record)
        self.fails(pages.compare_recorded, ["a 1", "...", "d 5"], record)
        self.fails(pages.compare_recorded, ["a 1", "d 4"], record)

    def test_lines_are_left_out_where_they_were(self):
        self.assertEqual(pages.abridge(["1", "2", "3", "4"], ["x", "...", "y"]), ["1", "...", "4"])
        self.assertEqual(pages.abridge(["1", "2"], ["x"]), ["1", "2"])

    def test_blocks_are_replaced(self):
        blocks = pages.blocks_of(PAGE)
        self.assertIn("```text\nnew\nlines\n```", pages.fill(PAGE, [(blocks[2], ["new", "lines"]), (blocks[0], ["A"])]))


if __name__ == "__main__":
    unittest.main()
