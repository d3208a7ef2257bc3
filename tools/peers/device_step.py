#!/usr/bin/env python3
"""PyTorch's time of training steps on a device, of a small add, and the memory they take: the peer of
device_step_cresset.cpp, which takes the same arguments and prints the same lines.

    device_step.py DEVICE                            # the monotonic clock, once the first tensor is there
    device_step.py DEVICE SECONDS ADDS [CASE...]     # a CASE is MODEL/BATCH/SIDE/PRECISION/LAYOUT:
    device_step.py cuda 0.5 10000 resnet20/128/32/bfloat16/channels_last

A step is zero_grad, forward, cross-entropy, backward, SGD with momentum, on one random batch that is on the device,
without waiting. PRECISION is float32 or bfloat16, the latter by autocast. Each line is a JSON object: what there is;
seconds of an add of 10 elements (`add_host_s` until the host has given them all, `add_s` until all are done); for each
case `step_s` in mode `eager`, with the peak of tensors' bytes and what the allocator holds, and on CUDA in mode
`graph`, where one captured step is replayed. `…_s` are lists: the mean of a window each, all windows of a case
together about SECONDS. PyTorch's settings are its defaults, but no tf32 anywhere; no search for algorithms of cuDNN.
"""

import gc
import json
import math
import sys
import time

import torch
from torch import nn

from network import NETWORKS

WARM_UP, WINDOWS = 5, 5


def wait(device):
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def windows(device, seconds, body):
    for i in range(2 * WARM_UP):
        if i == WARM_UP:
            wait(device)
            begin = time.perf_counter()
        body()
    wait(device)
    count = max(1, int(seconds / WINDOWS / ((time.perf_counter() - begin) / WARM_UP)))
    means = []
    for _ in range(WINDOWS):
        begin = time.perf_counter()
        for _ in range(count):
            body()
        wait(device)
        means.append((time.perf_counter() - begin) / count)
    return means


def train(case, device, seconds):
    model, batch, side, precision, layout = case.split("/")
    make, classes = NETWORKS[model]
    on_gpu = device.type == "cuda"
    if on_gpu:
        gc.collect()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    torch.manual_seed(0)
    memory_format = torch.channels_last if layout == "channels_last" else torch.contiguous_format
    net = make().to(device, memory_format=memory_format)
    inputs = torch.randn(int(batch), 3, int(side), int(side)).to(device, memory_format=memory_format)
    labels = torch.randint(0, classes, (int(batch),)).to(device)
    cross_entropy = nn.CrossEntropyLoss()
    opt = torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9)
    parameters = sum(p.numel() for p in net.parameters())
    loss = None

    def step():
        nonlocal loss
        opt.zero_grad()
        with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16"):
            now = cross_entropy(net(inputs), labels)
        now.backward()
        opt.step()
        # Without its tape, which would keep the nodes that add gradients on this stream, and fail a capture on another.
        loss = now.detach()

    def report(mode, samples, **more):
        last = loss.item()
        if not math.isfinite(last):
            raise ValueError("the loss is not finite")
        say(case=case, mode=mode, step_s=samples, parameters=parameters, loss=last, **more)

    memory = {}
    eager = windows(device, seconds, step)
    if on_gpu:
        memory["peak_bytes"] = torch.cuda.max_memory_allocated(device)
        memory["reserved_bytes"] = torch.cuda.memory_reserved(device)
    report("eager", eager, **memory)
    if not on_gpu:
        return
    stream = torch.cuda.Stream()  # some steps on a stream of its own before the capture, as PyTorch's manual says
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    opt.zero_grad()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    report("graph", windows(device, seconds, graph.replay))


def add(device, count):
    a, b = torch.ones(10, device=device), torch.ones(10, device=device)
    host, whole = [], []
    for window in range(-1, WINDOWS):
        wait(device)
        begin = time.perf_counter()
        for _ in range(count):
            a + b
        given = time.perf_counter()
        wait(device)
        if window >= 0:  # the first warms up
            host.append((given - begin) / count)
            whole.append((time.perf_counter() - begin) / count)
    say(add_host_s=host, add_s=whole)


def facts(device):
    libraries = {"cuDNN": torch.backends.cudnn.version(), "CUDA": torch.version.cuda} if device.type == "cuda" else {}
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    say(device=name, torch=torch.__version__, libraries=libraries)


def say(**members):
    print(json.dumps(members), flush=True)


def main():
    device = torch.device(sys.argv[1])
    if len(sys.argv) < 4:
        first = torch.ones(2, 3, device=device)
        wait(device)
        say(first_ns=time.monotonic_ns(), elements=first.numel())
        return
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = False
    facts(device)
    add(device, int(sys.argv[3]))
    for case in sys.argv[4:]:
        try:
            train(case, device, float(sys.argv[2]))
        except (RuntimeError, ValueError, KeyError) as error:
            say(case=case, error=f"{type(error).__name__}: {error}".splitlines()[0])


if __name__ == "__main__":
    main()
