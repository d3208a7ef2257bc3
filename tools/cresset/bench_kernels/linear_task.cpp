#include <cresset/creation.h>
#include <cresset/extension/matmul.h>

#include "bench_kernels/candidates.h"
#include "bench_kernels/host_view.h"
#include "bench_kernels/task.h"

namespace cresset::program::bench {
namespace {

// A matrix as the product sees it, with the strides of the one that is stored.
struct Matrix {
  const void* data;
  HostView view;
  std::int64_t rows, columns, row, column;
  bool transposed;

  double at(std::int64_t i, std::int64_t j) const { return transposed ? view.at(j, i) : view.at(i, j); }
};

Matrix matrix_of(const Tensor& device, const Tensor& host, bool transposed) {
  const std::int64_t rows = host.size(0), columns = host.size(1);
  if (transposed) return {device.data_ptr(), HostView(host), columns, rows, 1, columns, true};
  return {device.data_ptr(), HostView(host), rows, columns, columns, 1, false};
}

}  // namespace

// y = x w^T, grad_x = grad_y w, grad_w = grad_y^T x: all of them are the slot "matmul".
Task Workload::linear_task(const std::string& direction) const {
  const auto& sizes = std::get<Linear>(problem_.sizes);
  const bool forward = direction == "forward", input = direction == "grad_input";
  const Matrix a = forward ? matrix_of(input_, host_input_, false) : matrix_of(grad_output_, host_grad_output_, !input);
  const Matrix b = forward || input ? matrix_of(weight_, host_weight_, forward) : matrix_of(input_, host_input_, false);
  Task task{.direction = direction, .output = empty_like(forward ? grad_output_ : input ? input_ : weight_)};
  task.flops = 2 * sizes.multiply_adds();
  task.bytes = static_cast<double>(input_.numel() + weight_.numel() + grad_output_.numel()) *
               static_cast<double>(element_size(dtype_));
  task.terms = static_cast<double>(a.columns);
  const MatmulProblem p{.dtype = dtype_,
                        .bias = false,
                        .batch = 1,
                        .M = a.rows,
                        .N = b.columns,
                        .K = a.columns,
                        .a_batch = 0,
                        .a_row = a.row,
                        .a_col = a.column,
                        .b_batch = 0,
                        .b_row = b.row,
                        .b_col = b.column};
  const void* none = nullptr;
  task.candidates = candidates_of<Matmul>(device_, p, a.data, b.data, none, task.output.data_ptr());
  task.exact = [a, b](const auto& i) {
    double sum = 0;
    for (std::int64_t k = 0; k < a.columns; ++k) sum += a.at(i[0], k) * b.at(k, i[1]);
    return sum;
  };
  return task;
}

}  // namespace cresset::program::bench
