// oneDNN's errors come out as the library's own, with the op and oneDNN's words.
#if CRESSET_HAS_ONEDNN
#include <cresset/error.h>
#include <gtest/gtest.h>

#include "backend/cpu/engine_onednn.h"
#include "support/message.h"

namespace cresset::cpu::onednn {
namespace {

TEST(OneDnnErrors, AreTyped) {
  EXPECT_EQ(message_of<OutOfMemoryError>([] { rethrow("conv2d", dnnl::error(dnnl_out_of_memory, "no scratchpad")); }),
            "conv2d: oneDNN is out of memory (no scratchpad)");
  EXPECT_EQ(message_of<BackendError>([] { rethrow("matmul", dnnl::error(dnnl_runtime_error, "no engine")); }),
            "matmul: oneDNN failed with status 5 (no engine)");
}

}  // namespace
}  // namespace cresset::cpu::onednn
#endif
