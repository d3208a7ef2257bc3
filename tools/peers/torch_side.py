"""How tools/compare.py runs PyTorch's Python and LibTorch."""

import json
import sys
from functools import cached_property
from pathlib import Path

from processes import Missing, run

FOLDER = Path(__file__).resolve().parent
FACTS = "import torch; print(torch.__path__[0], int(torch.compiled_with_cxx11_abi()), torch.__version__)"


class Torch:
    def __init__(self, python, build):
        self.python = python or sys.executable
        self.build = Path(build)

    @cached_property
    def facts(self):
        """Folder of the package, ABI flag, version."""
        return run([self.python, "-c", FACTS]).stdout.split()

    def script(self, name, *arguments):
        return run([self.python, FOLDER / name, *arguments])

    def figures(self, name, *arguments):
        return json.loads(self.script(name, *arguments).stdout)["figures"]

    def program_figures(self, program):
        return json.loads(run([program]).stdout)["figures"]

    def train(self, data):
        """The whole process: its wall seconds, and what train.py prints."""
        ended = self.script("train.py", "--data", data)
        return {"wall_s": ended.wall_s, **json.loads(ended.stdout)["figures"]}

    def compile_flags(self):
        folder, abi, _ = self.facts
        includes = [f"-isystem{folder}/include", f"-isystem{folder}/include/torch/csrc/api/include"]
        libraries = ["-Wl,--no-as-needed", f"-L{folder}/lib", "-ltorch_cpu", "-lc10", f"-Wl,-rpath,{folder}/lib"]
        return [*includes, f"-D_GLIBCXX_USE_CXX11_ABI={abi}"], libraries

    def program(self, name):
        """Builds the C++ peers on first use."""
        folder, abi, _ = self.facts
        if not (Path(folder) / "lib" / "libtorch_cpu.so").is_file():
            raise Missing(f"no LibTorch in {folder}")
        options = [f"-DTORCH_DIR={folder}", f"-DTORCH_CXX11_ABI={abi}", "-DCMAKE_BUILD_TYPE=Release"]
        run(["cmake", "-S", FOLDER, "-B", self.build, *options])
        run(["cmake", "--build", self.build, "--target", name])
        return self.build / name
