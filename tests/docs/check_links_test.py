"""tools/check_links.py finds what is broken, and nothing else."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CHECK = Path(__file__).resolve().parents[2] / "tools" / "check_links.py"


class CheckLinks(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "other.md").write_text("# Its title\n## Twice\n## Twice\n## `code()` & more\n```\n# no heading\n```\n")
        (self.folder / "a picture.png").write_bytes(b"")

    def check(self, text):
        (self.folder / "page.md").write_text(text)
        done = subprocess.run([sys.executable, CHECK, self.folder], capture_output=True, text=True)
        broken = [line.split("page.md:")[1] for line in done.stderr.splitlines()]
        self.assertEqual(done.returncode, 1 if broken else 0)
        return broken

    def test_takes_what_is_there(self):
        self.assertEqual(self.check("# Here\n[a](other.md) [b](other.md#its-title) [c](#here) ![d](a%20picture.png)\n"
                                    "[e](<other.md> \"title\") [f](other.md#twice-1) [g](other.md#code--more) [h][ref]\n"
                                    "[i](https://example.org/none) [![j](a%20picture.png)](other.md)\n"
                                    "<a href=\"other.md\">k</a>\n\n[ref]: other.md\n"), [])

    def test_finds_a_missing_file(self):
        self.assertEqual(self.check("text\n[a](none.md)\n"), ["2: none.md does not exist"])
        self.assertEqual(self.check("![a](none.png)\n"), ["1: none.png does not exist"])
        self.assertEqual(self.check("<img src=\"none.png\">\n"), ["1: none.png does not exist"])
        self.assertEqual(self.check("[ref]: none.md\n"), ["1: none.md does not exist"])

    def test_finds_the_picture_inside_a_link(self):
        self.assertEqual(self.check("[![a](none.png)](other.md)\n"), ["1: none.png does not exist"])

    def test_finds_a_missing_anchor(self):
        self.assertEqual(self.check("# Here\n[a](#there)\n"), ["2: #there: no heading of page.md has this anchor"])
        self.assertEqual(self.check("[a](other.md#twice-2)\n"),
                         ["1: other.md#twice-2: no heading of other.md has this anchor"])
        self.assertEqual(self.check("[a](other.md#no-heading)\n"),
                         ["1: other.md#no-heading: no heading of other.md has this anchor"])

    def test_finds_a_reference_without_definition(self):
        self.assertEqual(self.check("[a][nowhere]\n"), ["1: [nowhere] is defined nowhere"])

    def test_finds_an_absolute_path(self):
        self.assertEqual(self.check("[a](/tmp)\n"), ["1: /tmp is an absolute path"])

    def test_passes_over_code(self):
        self.assertEqual(self.check("`x[0](1)` and ``a`[b](none.md)``\n```\n[a](none.md)\n```\n~~~~\n[a](none.md)\n~~~\n~~~~\n"), [])

    def test_counts_no_file_as_a_mistake(self):
        with tempfile.TemporaryDirectory() as empty:
            self.assertEqual(subprocess.run([sys.executable, CHECK, empty], capture_output=True).returncode, 1)
        self.assertEqual(subprocess.run([sys.executable, CHECK, "/none"], capture_output=True).returncode, 1)


if __name__ == "__main__":
    unittest.main()
