"""What nvcc made of the kernels: registers, shared and local memory of each, and the machine code of its main loop.

cuobjdump and nvdisasm are the toolkit's where it has them (bin/), else those of the PyPI packages nvidia-cuda-cuobjdump
and nvidia-cuda-nvdisasm or of triton, else those that PATH names.
"""
import collections
import glob
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field

ATTRIBUTE_MAX_THREADS = 0x05  # EIATTR_MAX_THREADS of .nv.info: what __launch_bounds__ said


def toolkit():
    """The folder of the toolkit, or None."""
    nvcc = shutil.which("nvcc") or os.path.join(os.environ.get("CUDA_HOME", "/usr/local/cuda"), "bin", "nvcc")
    return os.path.dirname(os.path.dirname(os.path.realpath(nvcc))) if os.path.exists(nvcc) else None


def find_tools():
    """The environment in which `cuobjdump` finds `nvdisasm`; exits where one of the two is missing."""
    folders = [os.path.join(toolkit(), "bin")] if toolkit() else []
    for path in sys.path:
        folders += sorted(glob.glob(os.path.join(path, "nvidia", "*", "bin")))
        folders.append(os.path.join(path, "triton", "backends", "nvidia", "bin"))
    folders += os.environ.get("PATH", "").split(os.pathsep)
    found = []
    for tool in ("cuobjdump", "nvdisasm"):
        folder = next((f for f in folders if os.access(os.path.join(f, tool), os.X_OK)), None)
        if folder is None:
            sys.exit(
                f"kernel_report: {tool} is missing: install the CUDA toolkit's, or the PyPI packages "
                "nvidia-cuda-cuobjdump and nvidia-cuda-nvdisasm"
            )
        found.append(folder)
    return dict(os.environ, PATH=os.pathsep.join(found + [os.environ.get("PATH", "")]))


def plain(name):
    """The same text for a kernel, whoever prints its name: c++filt of nvcc's symbol, or g++ in the simulator."""
    name = re.sub(r"^void ", "", name)
    depth, end = 0, len(name)
    for i, c in enumerate(name):  # the parameters go
        depth += (c == "<") - (c == ">")
        if c == "(" and depth == 0 and not name.startswith("(anonymous namespace)", i):
            end = i
            break
    name = re.sub(r"\(anonymous namespace\)::|\{anonymous\}::|\b[A-Za-z_]\w*::", "", name[:end])
    name = re.sub(r"\((?:int|unsigned int|bool)\)", "", name)
    name = re.sub(r"\b(long|unsigned|short)( long)? int\b", r"\1\2", name)
    return re.sub(r"(?<=\d)u\b", "", name.replace(" ", ""))


@dataclass
class Loop:
    """The innermost loop with the most multiply-adds. `operations`: how often each instruction stands in it."""

    instructions: int = 0
    operations: collections.Counter = field(default_factory=collections.Counter)

    def count(self, *names):
        return sum(n for op, n in self.operations.items() if op.split(".")[0] in names)

    @property
    def math(self):
        """Its multiply-adds: (instruction, how many). HMMA where there is one."""
        for name in ("HMMA", "FFMA", "DFMA"):
            if self.count(name):
                return name, self.count(name)
        return "", 0

    @property
    def barriers(self):
        return self.count("BAR")

    @property
    def copies_ahead(self):
        """How many loads of slices are under way while one is computed: 1 by registers, else what cp.async leaves."""
        left = [int(op.rsplit(" ", 1)[1], 16) for op in self.operations if op.startswith("DEPBAR.LE SB0")]
        return max(left) + 1 if left and self.count("LDGSTS") else 1

    def widths(self):
        """Loads and stores of memory by width, as in "LDG.32 x8, LDS.128 x32"."""
        found = collections.Counter()
        for op, n in self.operations.items():
            parts = op.split()[0].split(".")
            if parts[0] not in ("LDG", "LDS", "LDSM", "LDGSTS", "STS", "STG", "LDL", "STL"):
                continue
            width = next((p for p in parts[1:] if p in ("U8", "S8", "U16", "S16", "64", "128")), "32")
            if parts[0] == "LDSM":
                width = "x" + next((p for p in parts[1:] if p in ("2", "4")), "1")
            found[f"{parts[0]}.{width}"] += n
        return ", ".join(f"{op} x{n}" for op, n in sorted(found.items()))


@dataclass
class Kernel:
    symbol: str
    name: str
    arch: str
    file: str = ""  # the .cu that it comes from
    registers: int = 0
    shared: int = 0  # static
    stack: int = 0
    max_threads: int = 0
    local: int = 0  # loads and stores of local memory, where the code was read
    loop: Loop = None


def demangle(symbols):
    done = subprocess.run(["c++filt"], input="\n".join(symbols), capture_output=True, text=True, check=True)
    return dict(zip(symbols, done.stdout.splitlines()))


def sections(cubin):
    """Name and bytes of each section of an ELF file of 64 bits."""
    header, count, names = struct.unpack_from("<Q", cubin, 0x28)[0], *struct.unpack_from("<HH", cubin, 0x3C)
    rows = [struct.unpack_from("<IIQQQQ", cubin, header + 64 * i) for i in range(count)]
    for name, kind, _, _, offset, size in rows:
        at = rows[names][4] + name
        yield cubin[at : cubin.index(b"\0", at)].decode(), b"" if kind == 8 else cubin[offset : offset + size]


def max_threads(cubin):
    """What __launch_bounds__ allows, by symbol."""
    found = {}
    for name, data in sections(cubin):
        if not name.startswith(".nv.info."):
            continue
        at = 0
        while at + 4 <= len(data):
            kind, attribute, size = struct.unpack_from("<BBH", data, at)
            if kind == 4 and attribute == ATTRIBUTE_MAX_THREADS:
                x, y, z = struct.unpack_from("<III", data, at + 4)
                found[name[len(".nv.info.") :]] = x * y * z
            at += 4 + (size if kind == 4 else 0)
    return found


def read_resources(binary, environment):
    """All kernels of a library, by (arch, symbol)."""
    text = subprocess.run(
        ["cuobjdump", "-res-usage", binary], env=environment, capture_output=True, text=True, check=True
    ).stdout
    kernels, arch, symbol = {}, None, None
    for line in text.splitlines():
        if m := re.match(r"arch = (sm_\w+)", line):
            arch = m[1]
        elif m := re.match(r"\s*Function (\S+):", line):
            symbol = m[1]
        elif symbol and (m := re.match(r"\s*REG:(\d+) STACK:(\d+) SHARED:(\d+) LOCAL:(\d+)", line)):
            kernels[arch, symbol] = Kernel(
                symbol, "", arch, registers=int(m[1]), shared=int(m[3]), stack=int(m[2]) + int(m[4])
            )
            symbol = None
    names = demangle(sorted({s for _, s in kernels}))
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["cuobjdump", "-xelf", "all", os.path.abspath(binary)],
            env=environment, cwd=folder, capture_output=True, check=True,
        )  # fmt: skip
        for file in os.listdir(folder):
            arch = re.search(r"(sm_\w+)\.cubin$", file)[1]
            with open(os.path.join(folder, file), "rb") as cubin:
                for symbol, threads in max_threads(cubin.read()).items():
                    if (arch, symbol) in kernels:
                        kernels[arch, symbol].max_threads = threads
    for kernel in kernels.values():
        kernel.name = plain(names[kernel.symbol])
        source = re.search(r"_GLOBAL__N__[0-9a-f]+_\d+_(\w+?)_cu_[0-9a-f]+", kernel.symbol)
        kernel.file = source[1] + ".cu" if source else ""
    return kernels


def find_loop(code):
    """`code`: (address, instruction) in order."""
    loops = []
    for address, text in code:
        m = re.search(r"\bBRA\S*\s.*?(0x[0-9a-f]+)", text)
        if m and int(m[1], 16) < address:
            loops.append((int(m[1], 16), address))
    best = Loop()
    for first, last in loops:
        if any(inner != (first, last) and inner[0] >= first and inner[1] <= last for inner in loops):
            continue
        loop = Loop()
        for address, text in code:
            if not first <= address <= last:
                continue
            text = re.sub(r"^@!?U?P\w+\s+", "", text)
            loop.instructions += 1
            op = text.split()[0]
            if op == "DEPBAR.LE":
                op = "DEPBAR.LE SB0 " + text.rsplit(",", 1)[1].strip() if "SB0" in text else op
            loop.operations[op] += 1
        if (loop.math[1], loop.instructions) > (best.math[1], best.instructions):
            best = loop
    return best


def read_code(binary, arch, kernels, environment):
    """Adds the main loops and the uses of local memory to the kernels of one architecture."""
    process = subprocess.Popen(
        ["cuobjdump", "-sass", "-arch", arch, binary], env=environment, stdout=subprocess.PIPE, text=True
    )
    symbol, code = None, []

    def finish():
        if (arch, symbol) in kernels:
            kernel = kernels[arch, symbol]
            kernel.loop = find_loop(code)
            kernel.local = sum(bool(re.search(r"\b(LDL|STL)\b", text)) for _, text in code)

    for line in process.stdout:
        if m := re.match(r"\s+Function : (\S+)", line):
            finish()
            symbol, code = m[1], []
        elif m := re.match(r"\s+/\*([0-9a-f]{4,})\*/\s+(.*?)\s*;", line):
            code.append((int(m[1], 16), m[2]))
    finish()
    if process.wait() != 0:
        sys.exit(f"kernel_report: cuobjdump -sass -arch {arch} {binary} failed")
