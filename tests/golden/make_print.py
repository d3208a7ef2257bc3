"""Writes print.json: how PyTorch prints tensors. Run with an interpreter that has torch: python make_print.py"""

import json
import pathlib

import torch

cases = []
DEFAULTS = dict(precision=4, threshold=1000, edgeitems=3, linewidth=80, sci_mode=None)


def number(v):
    return v if isinstance(v, (int, bool)) or v == v and abs(v) != float("inf") else str(v)


def case(name, values, dtype="float32", shape=None, change=(), requires_grad=False, options=None):
    """values: a flat list, or ("arange", n, start, step); change: steps that a reader of the file repeats."""
    if values and values[0] == "arange":
        _, n, start, step = values
        flat = [start + step * i for i in range(n)]
        stored = {"arange": [n, start, step]}
    else:
        flat = values
        stored = [number(v) for v in values]
    x = torch.tensor(flat, dtype=torch.float64 if dtype.startswith(("f", "b")) and dtype != "bool" else None)
    x = x.to(getattr(torch, dtype)).reshape(shape if shape is not None else [len(flat)])
    if requires_grad:
        x.requires_grad_()
    for step in change:
        x = {
            "add": lambda x: x + x,
            "sub": lambda x: x - 1,
            "mul": lambda x: x * x,
            "div": lambda x: x / x,
            "neg": lambda x: -x,
            "exp": lambda x: x.exp(),
            "sum": lambda x: x.sum(),
            "mean": lambda x: x.mean(),
            "view": lambda x: x.view(-1),
            "transpose": lambda x: x.transpose(0, 1),
            "select": lambda x: x[0],
            "slice": lambda x: x[1::2],
            "expand": lambda x: x.expand(3, *x.shape),
            "detach": lambda x: x.detach(),
            "channels_last": lambda x: x.contiguous(memory_format=torch.channels_last),
        }[step](x)
    torch.set_printoptions(**{**DEFAULTS, **(options or {})})
    cases.append(
        dict(name=name, values=stored, dtype=dtype, shape=list(shape) if shape is not None else [len(flat)],
             change=list(change), requires_grad=requires_grad, options=options or {}, expected=repr(x)))


nan, inf = float("nan"), float("inf")

case("scalar_float", [3.5], shape=[])
case("scalar_whole", [3.0], shape=[])
case("scalar_nan", [nan], shape=[])
case("scalar_small", [1e-5], shape=[])
case("scalar_large", [123456789.0], shape=[])
case("scalar_int", [7], "int64", [])
case("scalar_bool", [True], "bool", [])
case("scalar_uint8", [200], "uint8", [])
case("scalar_double", [0.1], "float64", [])
case("one_value", [1.25])
case("readme", [1000, -0.1], shape=[1, 2])
case("whole", [1, 2, 3])
case("whole_negative", [-1, 20, 300])
case("zeros", [0, 0, 0])
case("negative_zero", [-0.0, 1.0])
case("negative_zero_only", [-0.0, -0.0])
case("fractions", [0.5, -1.25, 100.0])
case("rounding", [0.00005, 0.00015, 1.00005, 2.99999, 0.12345])
case("rounds_to_next_width", [9.99999, 1.5])
case("ratio_1000", [1.5, 1500.0])
case("ratio_above_1000", [1.5, 1501.0])
case("ratio_with_zero", [0.0, 1.5, 1400.0])
case("just_small", [0.0001, 0.05])
case("too_small", [0.00009, 0.05])
case("just_large", [1e8, 1e8])
case("too_large", [1.1e8, 1.2e8])
case("whole_scientific", [1, 2000])
case("whole_large", [123456, 654321])
case("huge", [1e30, -1e-30])
case("denormal", [1e-45, 3.5])
case("with_nan", [1.5, nan, -2.25])
case("with_inf", [1.5, inf, -inf])
case("whole_with_nan", [1, nan, 300])
case("whole_with_inf", [1, inf, -inf])
case("only_nan", [nan, nan])
case("only_inf", [inf, -inf])
case("scientific_with_nan", [1e-9, nan, inf, 0.0, -0.0])
case("negative_nan", [-nan, 1.0])
case("ints", [1, -20, 300], "int64")
case("ints_wide", [9223372036854775807, -9223372036854775808, 0], "int64")
case("int32", [1, 2], "int32")
case("uint8", [0, 255, 7], "uint8")
case("bools", [True, False, True], "bool")
case("bool_matrix", [True, False, True, True], "bool", [2, 2])
case("bool_true_only", [True, True], "bool")
case("half", [0.1, 65504.0, 1.0], "float16")
case("half_small", [0.1, 0.25], "float16")
case("bfloat16", [0.1, 3.0, -7.5], "bfloat16")
case("double", [1 / 3, 2 / 3], "float64")
case("matrix", [1.5, 2, 3, -4], shape=[2, 2])
case("matrix_whole", [1, 2, 3, 4, 5, 6], shape=[2, 3])
case("cube", ("arange", 24, 0.0, 0.5), shape=[2, 3, 4])
case("four_dims", ("arange", 16, 0, 1), "int64", [2, 2, 2, 2])
case("column", [1, 2, 3], shape=[3, 1])
case("row", [1, 2, 3], shape=[1, 3])
case("ones_dims", [2.5], shape=[1, 1, 1, 1])
case("wraps", ("arange", 40, 0.0, 0.25))
case("wraps_ints", ("arange", 60, 0, 7), "int64")
case("wraps_in_matrix", ("arange", 60, 0.0, 1.5), shape=[3, 20])
case("exactly_1000", ("arange", 1000, 0, 1), "int64")
case("summarised", ("arange", 1001, 0, 1), "int64")
case("summarised_float", ("arange", 2000, 0.0, 0.25))
case("summarised_matrix", ("arange", 10000, 0.0, 1.0), shape=[100, 100])
case("summarised_tall", ("arange", 2000, 0, 1), "int64", [500, 4])
case("summarised_wide", ("arange", 2000, 0, 1), "int64", [4, 500])
case("summarised_cube", ("arange", 8000, -400.0, 0.125), shape=[20, 20, 20])
case("summarised_thin", ("arange", 1200, 0, 1), "int64", [2, 6, 100])
case("empty", [], shape=[0])
case("empty_ints", [], "int64", [0])
case("empty_bool", [], "bool", [0])
case("empty_matrix", [], shape=[0, 3])
case("empty_double", [], "float64", [2, 0, 4])
case("empty_grad", [], shape=[0], requires_grad=True)
case("requires_grad", [1.0, 2.5], requires_grad=True)
case("grad_add", [1.0, 2.5], change=["add"], requires_grad=True)
case("grad_sub", [1.0, 2.5], change=["sub"], requires_grad=True)
case("grad_mul", [1.0, 2.5], change=["mul"], requires_grad=True)
case("grad_div", [1.0, 2.5], change=["div"], requires_grad=True)
case("grad_neg", [1.0, 2.5], "float64", change=["neg"], requires_grad=True)
case("grad_exp", [0.0, 0.0], change=["exp"], requires_grad=True)
case("grad_sum", [1.0, 2.5], change=["sum"], requires_grad=True)
case("grad_mean", [1.0, 2.5], change=["mean"], requires_grad=True)
case("grad_view", [1.0, 2.5, 3.0, 4.0], shape=[2, 2], change=["view"], requires_grad=True)
case("grad_transpose", [1.0, 2.5, 3.0, 4.0], shape=[2, 2], change=["transpose"], requires_grad=True)
case("grad_select", [1.0, 2.5, 3.0, 4.0], shape=[2, 2], change=["select"], requires_grad=True)
case("grad_detached", [1.0, 2.5], change=["add", "detach"], requires_grad=True)
case("grad_wraps", ("arange", 11, 0.0, 0.5), change=["mul"], requires_grad=True)
case("grad_wraps_double", ("arange", 8, 0.0, 0.5), "float64", change=["mul"], requires_grad=True)
case("grad_matrix_wraps", ("arange", 20, 0.0, 0.5), shape=[2, 10], requires_grad=True)
case("transposed", ("arange", 6, 0, 1), "int64", [2, 3], change=["transpose"])
case("sliced", ("arange", 10, 0.0, 1.5), change=["slice"])
case("expanded", [1.5, 2.5], change=["expand"])
case("channels_last", ("arange", 24, 0, 1), "int64", [1, 2, 3, 4], change=["channels_last"])
case("precision_2", [1.23456, 2.0], options=dict(precision=2))
case("precision_0", [1.5, 2.25], options=dict(precision=0))
case("precision_8", [1 / 3, 2.0], "float64", options=dict(precision=8))
case("linewidth_20", ("arange", 10, 0.0, 0.5), options=dict(linewidth=20))
case("linewidth_1", ("arange", 4, 0, 1), "int64", options=dict(linewidth=1))
case("linewidth_grad", [1.5, 2.0, 3.0, 4.0], options=dict(linewidth=20), requires_grad=True)
case("linewidth_200", ("arange", 60, 0, 1), "int64", options=dict(linewidth=200))
case("threshold_5", ("arange", 10, 0, 1), "int64", options=dict(threshold=5))
case("threshold_0_scalar", [1.5], shape=[], options=dict(threshold=0))
case("edgeitems_1", ("arange", 100, 0, 1), "int64", [10, 10], options=dict(threshold=5, edgeitems=1))
case("edgeitems_0", ("arange", 100, 0.0, 1.5), options=dict(threshold=5, edgeitems=0))
case("edgeitems_0_matrix", ("arange", 100, 0.0, 1.5), shape=[10, 10], options=dict(threshold=5, edgeitems=0))
case("edgeitems_0_small", ("arange", 4, 0.0, 1.5), shape=[2, 2], options=dict(edgeitems=0))
case("sci_on", [1.5, 2.5], options=dict(sci_mode=True))
case("sci_on_whole", [1, 2], options=dict(sci_mode=True))
case("sci_on_ints", [1, 2], "int64", options=dict(sci_mode=True))
case("sci_off", [1e-7, 1e7 + 0.5], options=dict(sci_mode=False))
case("sci_precision", [1e-7, 3.5], options=dict(precision=2))

path = pathlib.Path(__file__).with_name("print.json")
path.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
print(f"{path.name}: {len(cases)} cases, torch {torch.__version__}")
