// Where kernels report, as host and device have it.
#pragma once

namespace cresset::kernels {

struct ErrorWord {
  unsigned site;  // 0: nothing was reported; otherwise which message
  unsigned reserved;
  long long value, limit, position;
};

}  // namespace cresset::kernels
