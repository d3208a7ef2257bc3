#!/usr/bin/env python3
"""Tests of the report: names, loops of machine code, and the formula against figures worked out by hand."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import binary  # noqa: E402
import model  # noqa: E402
import networks  # noqa: E402

CODE = [
    (0x00, "MOV R1, c[0x0][0x28]"),
    (0x10, "@P0 BRA 0x90"),
    (0x20, "LDS.128 R4, [R2]"),
    (0x30, "LDGSTS.E.BYPASS.128 [R9], [R10.64]"),
    (0x40, "@!PT FFMA R8, R4, R5, R8"),
    (0x50, "FFMA R9, R4, R6, R9"),
    (0x60, "DEPBAR.LE SB0, 0x2"),
    (0x70, "BAR.SYNC.DEFER_BLOCKING 0x0"),
    (0x80, "@P1 BRA 0x20"),
    (0x90, "FADD R1, R1, R2"),
    (0xA0, "@P2 BRA 0x90"),
    (0xB0, "BRA 0xb0"),
]


def launch(**more):
    site = {"place": "", "shared": True, "write": False, "bytes": 16, "requests": 1, "lane_bytes": 512, "bytes_used": 512,
            "wavefronts": 6400, "wavefronts_ideal": 6400, "sectors": 0, "sectors_ideal": 0, "in_loop": True}  # fmt: skip
    sector = dict(site, shared=False, wavefronts=0, wavefronts_ideal=0, sectors=3000, sectors_ideal=1500)
    return {"kernel": "k", "grid": [264, 1, 1], "block": [256, 1, 1], "dynamic_shared": 0, "static_shared": 0, "blocks": 2,
            "barriers": 200, "sites": [site, sector], **more}  # fmt: skip


class Names(unittest.TestCase):
    def test_nvcc_and_the_simulator_agree(self):
        nvcc = "void cresset::kernels::(anonymous namespace)::forward<float, cresset::kernels::GemmTile<(int)16, 8, 2, 2>, true>(cresset::kernels::ConvShape, float const*)"
        simulator = "forward<float, cresset::kernels::GemmTile<16, 8, 2, 2>, true>"
        self.assertEqual(binary.plain(nvcc), "forward<float,GemmTile<16,8,2,2>,true>")
        self.assertEqual(binary.plain(nvcc), binary.plain(simulator))
        self.assertEqual(binary.plain("void ns::f<long, unsigned char>(int)"), binary.plain("f<long int, unsigned char>"))
        self.assertEqual(binary.plain("f<(ns::Kind)2, ns::{anonymous}::G>"), binary.plain("f<(Kind)2,G>"))


class Code(unittest.TestCase):
    def test_the_loop_with_the_multiply_adds(self):
        loop = binary.find_loop(CODE)
        self.assertEqual(loop.instructions, 7)
        self.assertEqual(loop.math, ("FFMA", 2))
        self.assertEqual(loop.barriers, 1)
        self.assertEqual(loop.copies_ahead, 3)
        self.assertEqual(loop.widths(), "LDGSTS.128 x1, LDS.128 x1")

    def test_no_loop(self):
        self.assertEqual(binary.find_loop(CODE[:2]).math, ("", 0))


class Formula(unittest.TestCase):
    def terms(self, instructions=100, ffma=80, held=2, grid=264, **more):
        loop = binary.Loop(instructions)
        loop.operations.update({"FFMA": ffma, "BAR.SYNC": 1})
        kernel = binary.Kernel("k", "k", "sm_90", "k.cu", registers=128, loop=loop)
        made = grid * 8 * 100 * ffma * 32  # blocks, warps, iterations
        return model.launch_terms(launch(grid=[grid, 1, 1], **more), kernel, held, made, 0, "float32"), made

    def test_issue(self):
        # Two blocks of 8 warps: 4 warps share a slot, 400 clocks an iteration, in which 320 multiply-adds go.
        t, made = self.terms()
        self.assertAlmostEqual(t.tile, 1)
        self.assertAlmostEqual(t.issue, 0.8)
        self.assertAlmostEqual(t.waves, 1)
        self.assertAlmostEqual(t.clocks, 100 * 400)
        self.assertAlmostEqual(model.total_share([t], made, "float32"), 0.8)

    def test_latency_that_the_occupancy_does_not_cover(self):
        # One block: 2 warps, 200 clocks of instructions, but a slice takes 270 + 30.
        t, _ = self.terms(held=1)
        self.assertAlmostEqual(t.issue, 160 / 300)

    def test_waves(self):
        # 265 blocks: three on the busiest SM, of which it holds two.
        t, _ = self.terms(grid=265)
        self.assertAlmostEqual(t.waves, 265 / 132 / 3)
        self.assertAlmostEqual(t.clocks, 100 * (400 + 300))

    def test_shared_memory(self):
        # 3200 wavefronts a block of 16000 clocks of multiply-adds; ten times as many limit.
        t, _ = self.terms()
        self.assertAlmostEqual(t.shared, 100 * 4 * 80 / (2 * 3200))
        sites = launch()["sites"]
        sites[0]["wavefronts"] *= 10
        t, _ = self.terms(sites=sites)
        self.assertAlmostEqual(t.clocks, 2 * 32000)
        self.assertEqual(t.in_loop_conflicts, 9 * 6400)

    def test_level_two_and_sectors(self):
        t, made = self.terms()
        self.assertAlmostEqual(t.sectors_extra, 2)
        self.assertAlmostEqual(t.l2, made / (132 * 128) / (1500 * 264 * 32 / model.L2_BYTES))


class Networks(unittest.TestCase):
    def test_sizes_fit(self):
        every = {(c.network, c.layer): c for c in networks.all_convolutions()}
        self.assertEqual(every["000 CifarNet", "conv_2"].P, 10)
        self.assertEqual(every["002 AlexNet", "conv1"].P, 54)
        self.assertEqual(every["002 CIFAR-10", "conv4"].P, 4)
        self.assertEqual(every["ResNet-18", "conv1"].P, 112)
        self.assertEqual(every["ResNet-18", "layer4 (3x3)"].P, 7)
        self.assertEqual(every["airbench94", "block3.conv2"].H, 3)
        self.assertEqual(every["003 LeNet", "conv1"].multiplications, 256 * 28 * 28 * 6 * 25)


if __name__ == "__main__":
    unittest.main()
