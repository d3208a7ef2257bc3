#!/usr/bin/env python3
"""PyTorch's answers to the op case table, as small safetensors files under tests/golden/.

    tools/goldens.py write CASES.json [--out tests/golden] [--only conv2d,matmul]
    tools/goldens.py check CASES.json [--out tests/golden] [--recompute]

CASES.json is what the case table dumps: `{"cases": [case, …]}`; tools/golden/example.json has one of nearly every op. A
case has

    name      letters, digits, `_`, `-` and `.`; unique among all cases
    op        the function in tests/golden/<op>.safetensors, e.g. "conv2d", "add", "sum", "relu_", "SGD", "repr"; see
              tools/golden/ops.py, or PyTorch's own name in torch.nn.functional, torch or torch.Tensor
    inputs    the positional arguments: descriptions of tensors; a number or true/false, which is a Python scalar (2 is
              an int, 2.0 a float); a list of these; null for None
    options   the keyword arguments, named as PyTorch's. A `dtype` or `memory_format` is its name in text
    grad      whether gradients are wanted (default false)
    error     true where PyTorch must refuse the case (default false)

and the description of a tensor

    dtype     "float32", "float64", "float16", "bfloat16", "int64", "int32", "uint8" or "bool"
    shape     sizes, [] for 0 dimensions
    strides   in elements, 0 where expanded; left out: contiguous
    offset    of the first element in the storage, with strides only (default 0)
    data      a list of all elements in row-major order ("nan", "inf" and "-inf" as text), or a formula, below. A
              dimension of stride 0 counts as 1 element here
    grad      false where this input wants no gradient although the case does (default true for floating dtypes)

The formula {"seed": 0, "low": -4, "high": 4, "step": 1, "divisor": 1} (its defaults) gives element i, row-major, as
(low + step * (h % ((high - low) / step + 1))) / divisor, computed in double and then converted to the dtype, with h the
finaliser of MurmurHash3 of h = seed * 0x9E3779B1 + i, all in 32 unsigned bits:
    h ^= h >> 16;  h *= 0x85EBCA6B;  h ^= h >> 13;  h *= 0xC2B2AE35;  h ^= h >> 16
Small integers and a divisor that is a power of two are exact in every dtype.

A file has the tensors
    <case>/out0, out1, …    the outputs: one, or those of a tuple or list
    <case>/grad0, grad1, …  the gradient of input i (inputs in a list count one by one), where it has one, of the sum
                            over the floating outputs k that have a history of out_k * g_k, with g_k the formula with
                            seed 100 + k, low -3, high 3, step 2, in the output's dtype
row-major, and in its metadata for each <case> a JSON text
    {"digest": …, "strides": {"out0": […], …}, "text": …, "error": …}
with the digest of the case's own JSON, the strides of the outputs, the text of an op that gives one, and the first
line of the message with which PyTorch refuses. `write` also removes files of ops that have no case any more.
`check` says which cases are new, changed or gone, without PyTorch; with --recompute it compares the numbers too, with
the tolerance of the dtype, since the last bits depend on the processor.
"""

import argparse
import hashlib
import json
import re
import struct
import sys
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "golden"))

LIMIT = 1 << 20  # bytes of all files together
FIELDS = {"name", "op", "inputs", "options", "grad", "error"}


def read_cases(path):
    cases = json.loads(Path(path).read_text())["cases"]
    seen = set()
    for case in cases:
        name = case.get("name", "")
        if not re.fullmatch(r"[\w.-]+", name) or not re.fullmatch(r"\w+", case.get("op", "")):
            raise SystemExit(f"{path}: a case needs a name and an op of letters, digits, _, - and .: {case}")
        if name in seen:
            raise SystemExit(f"{path}: two cases are named {name}")
        if unknown := set(case) - FIELDS:
            raise SystemExit(f"{path}: {name} has no field {', '.join(sorted(unknown))}")
        seen.add(name)
    return cases


def digest(case):
    return hashlib.sha256(json.dumps(case, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:16]


def read_header(path):
    """The header of a safetensors file, and where its data begins."""
    content = path.read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def answer(case):
    """What PyTorch gives for one case: tensors by their key's last part, and the case's metadata."""
    import torch

    import ops
    from tensors import grad_of_output, make_tensor

    leaves = []

    def make(description):
        if isinstance(description, list):
            return [make(one) for one in description]
        if not isinstance(description, dict):
            leaves.append(None)
            return description
        tensor = make_tensor(description)
        wanted = case.get("grad", False) and description.get("grad", True) and tensor.is_floating_point()
        leaves.append(tensor.requires_grad_() if wanted else None)
        return tensor

    inputs = [make(description) for description in case.get("inputs", [])]
    facts = {"digest": digest(case)}
    try:
        outputs = ops.find(case["op"])(*inputs, **ops.arguments(case.get("options", {})))
    except (RuntimeError, IndexError, TypeError, ValueError, NotImplementedError) as refusal:
        if not case.get("error"):
            raise
        return {}, facts | {"error": str(refusal).splitlines()[0]}
    if case.get("error"):
        raise ValueError("PyTorch takes the case that it must refuse")
    if isinstance(outputs, str):
        return {}, facts | {"text": outputs}

    outputs = [outputs] if isinstance(outputs, torch.Tensor) else list(outputs)
    tensors = {f"out{k}": output for k, output in enumerate(outputs)}
    facts["strides"] = {name: list(output.stride()) for name, output in tensors.items()}
    roots = [(output, grad_of_output(output, k)) for k, output in enumerate(outputs) if output.requires_grad]
    wanted = [(i, leaf) for i, leaf in enumerate(leaves) if leaf is not None]
    if roots and wanted:
        outs, grad_outs = zip(*roots, strict=True)
        grads = torch.autograd.grad(outs, [leaf for _, leaf in wanted], grad_outs, allow_unused=True)
        tensors |= {f"grad{i}": grad for (i, _), grad in zip(wanted, grads, strict=True) if grad is not None}
    return tensors, facts


def answers(cases):
    """Per op: the tensors of all its cases, and the metadata."""
    import torch

    torch.set_num_threads(1)
    files = defaultdict(lambda: ({}, {}))
    for case in cases:
        try:
            tensors, facts = answer(case)
        except Exception as error:
            raise SystemExit(f"{case['name']}: {type(error).__name__}: {error}") from error
        file_tensors, metadata = files[case["op"]]
        file_tensors |= {f"{case['name']}/{part}": tensor for part, tensor in tensors.items()}
        metadata[case["name"]] = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return files


def write(cases, folder, only):
    from tensors import write_safetensors

    chosen = [case for case in cases if not only or case["op"] in only]
    folder.mkdir(parents=True, exist_ok=True)
    for op, (tensors, metadata) in answers(chosen).items():
        write_safetensors(folder / f"{op}.safetensors", tensors, metadata)
    ops = {case["op"] for case in cases}
    for path in folder.glob("*.safetensors"):
        if path.stem not in ops:
            path.unlink()
    sizes = {path.name: path.stat().st_size for path in folder.glob("*.safetensors")}
    total = sum(sizes.values())
    print(f"{len(chosen)} cases of {len({case['op'] for case in chosen})} ops; {len(sizes)} files, {total} bytes")
    if total > LIMIT:
        largest = max(sizes, key=sizes.get)
        print(f"more than {LIMIT} bytes, the largest is {largest} with {sizes[largest]}")
        return 1
    return 0


def stale(cases, folder):
    """Names of cases whose answers are missing, of another case, or no longer asked for."""
    stored = {}
    for path in folder.glob("*.safetensors"):
        metadata = read_header(path)[0].get("__metadata__", {})
        stored |= {(path.stem, name): json.loads(facts)["digest"] for name, facts in metadata.items()}
    wanted = {(case["op"], case["name"]): digest(case) for case in cases}
    for key in sorted(wanted.keys() | stored.keys()):
        if wanted.get(key) != stored.get(key):
            state = "new" if key not in stored else "gone" if key not in wanted else "changed"
            yield f"{state}: {'/'.join(key)}"


def differing(cases, folder):
    """Where PyTorch here and now gives other numbers, metadata or outputs than the files hold."""
    from tensors import read_tensors, same

    for op, (tensors, metadata) in answers(cases).items():
        header, data = read_header(folder / f"{op}.safetensors")
        stored = read_tensors(header, data)
        for name in sorted(tensors.keys() | stored.keys()):
            if name not in tensors or name not in stored or not same(tensors[name], stored[name]):
                yield f"differs: {op}/{name}"
        for name, facts in metadata.items():
            if header["__metadata__"][name] != facts:
                yield f"differs: metadata of {op}/{name}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("write", "check"))
    parser.add_argument("cases")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[1] / "tests" / "golden")
    parser.add_argument("--only", default="", help="ops, by commas")
    parser.add_argument("--recompute", action="store_true")
    args = parser.parse_args()
    cases = read_cases(args.cases)
    if args.action == "write":
        return write(cases, args.out, set(filter(None, args.only.split(","))))
    problems = list(stale(cases, args.out))
    if args.recompute and not problems:
        problems = list(differing(cases, args.out))
    print("\n".join(problems) or f"{len(cases)} cases, all answered")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
