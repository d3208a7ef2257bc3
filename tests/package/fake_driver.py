#!/usr/bin/env python3
"""Writes a libcuda.so.1 that answers as a driver of a machine without a usable GPU does; every other call answers 0.

fake_driver.py STUB FOLDER VERSION INIT   STUB: the toolkit's lib64/stubs/libcuda.so, for the functions' names; VERSION:
                                          what cuDriverGetVersion gives, 12080 for 12.8; INIT: what cuInit returns
"""
import os
import subprocess
import sys

stub, folder, version, init = sys.argv[1:]
symbols = subprocess.run(["nm", "-D", "--defined-only", stub], capture_output=True, text=True, check=True).stdout
names = {line.split()[2] for line in symbols.splitlines() if line.split()[1] == "T"}
by_hand = {"cuInit", "cuDriverGetVersion", "cuDeviceGetCount", "cuGetProcAddress", "cuGetProcAddress_v2"}
code = "#define _GNU_SOURCE\n#include <dlfcn.h>\n#include <string.h>\n"
code += "".join(f"int {name}(void) {{ return 0; }}\n" for name in sorted(names - by_hand) if name.startswith("cu"))
code += f"""
int cuInit(unsigned flags) {{ return {int(init)}; }}
int cuDeviceGetCount(int* count) {{ *count = 0; return {int(init)}; }}
int cuDriverGetVersion(int* version) {{ *version = {int(version)}; return 0; }}
int cuGetProcAddress_v2(const char* name, void** function, int version, unsigned long flags, int* found) {{
  char newer[256];
  strncpy(newer, name, 250), strcat(newer, "_v2");
  void* self = dlopen("libcuda.so.1", RTLD_NOLOAD | RTLD_LAZY);
  if (!(*function = dlsym(self, newer))) *function = dlsym(self, name);
  if (found) *found = *function ? 0 : 1;
  return *function ? 0 : 500;
}}
int cuGetProcAddress(const char* name, void** function, int version, unsigned long flags) {{
  return cuGetProcAddress_v2(name, function, version, flags, 0);
}}
"""
os.makedirs(folder, exist_ok=True)
library = os.path.join(folder, "libcuda.so.1")
subprocess.run(["cc", "-shared", "-fPIC", "-w", "-xc", "-", "-o", library, "-ldl"], input=code, text=True, check=True)
