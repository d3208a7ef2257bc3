// Running the program, and a small data set for it.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "support/scratch_folder.h"

namespace cresset {

struct Ended {
  int code;
  std::string out, err;
};

inline std::string program_path() {
  const char* path = std::getenv("CRESSET_PROGRAM");
  return path ? path : "bin/cresset";
}

// Starts the program; standard output and error go to files in `folder`.
inline pid_t start_program(const ScratchFolder& folder, std::vector<std::string> arguments) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  const std::string program = program_path();
  arguments.insert(arguments.begin(), program);
  std::vector<char*> pointers;
  for (std::string& a : arguments) pointers.push_back(a.data());
  pointers.push_back(nullptr);
  if (!std::freopen((folder / "out").c_str(), "w", stdout) || !std::freopen((folder / "err").c_str(), "w", stderr) ||
      ::chdir(folder.path().c_str()) != 0)
    ::_exit(126);
  ::execv(program.c_str(), pointers.data());
  ::_exit(127);
}

inline Ended wait_for(const ScratchFolder& folder, pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), read_text(folder / "out"),
          read_text(folder / "err")};
}

inline Ended run_program(const ScratchFolder& folder, std::vector<std::string> arguments) {
  return wait_for(folder, start_program(folder, std::move(arguments)));
}

inline void write_idx(const std::string& path, const std::vector<int>& sizes, const std::string& bytes) {
  std::string header{'\0', '\0', '\x08', static_cast<char>(sizes.size())};
  for (const int size : sizes)
    for (int shift = 24; shift >= 0; shift -= 8) header += static_cast<char>(size >> shift);
  write_text(path, header + bytes);
}

// MNIST's files with 200 training and 40 test images: seeded random pixels around a mean that depends on the class.
inline void write_small_mnist(const std::string& root) {
  const std::string folder = root + "/MNIST/raw/";
  std::filesystem::create_directories(folder);
  std::mt19937 random(5);
  for (const auto& [part, count] : {std::pair("train", 200), std::pair("t10k", 40)}) {
    std::string images, labels;
    for (int i = 0; i < count; ++i) {
      labels += static_cast<char>(i % 10);
      for (int k = 0; k < 28 * 28; ++k) images += static_cast<char>(i % 10 * 20 + static_cast<int>(random() % 60));
    }
    write_idx(folder + part + "-images-idx3-ubyte", {count, 28, 28}, images);
    write_idx(folder + part + "-labels-idx1-ubyte", {count}, labels);
  }
}

// Files of CIFAR-10's size, all black airplanes; they take no room on the disk.
inline void write_black_cifar(const std::string& root) {
  const std::string folder = root + "/cifar-10-batches-bin/";
  std::filesystem::create_directories(folder);
  for (const char* name : {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                           "data_batch_5.bin", "test_batch.bin"}) {
    write_text(folder + name, "");
    std::filesystem::resize_file(folder + name, 10000 * 3073);
  }
}

}  // namespace cresset
