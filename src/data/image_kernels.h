// What transforms do to the bytes of one image. Planes are rows without gaps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cresset::data {

struct Plane {
  std::int64_t height, width;
};

// `count` planes of elements of `element` bytes (1, 2, 4 or 8), each row mirrored. from and to do not overlap.
void flip_rows(const std::byte* from, std::byte* to, std::int64_t count, Plane size, std::size_t element);

// The piece of each plane whose first element is (top, left), which may be negative; what lies outside of the plane is
// the plane's own of the `count` elements of `fill`.
void crop_planes(const std::byte* from, Plane from_size, std::byte* to, Plane to_size, std::int64_t count,
                 std::int64_t top, std::int64_t left, const std::byte* fill, std::size_t element);

// to[y][x] = from[rows[y]][columns[x]] for each plane; all indices lie inside of `from_size`.
void gather_planes(const std::byte* from, Plane from_size, std::byte* to, std::int64_t count,
                   const std::vector<std::int64_t>& rows, const std::vector<std::int64_t>& columns,
                   std::size_t element);

// to[i] = from[i] / 255.
void scale_bytes(const std::uint8_t* from, float* to, std::int64_t n);

// to[i] = (from[i] - mean) / std.
void normalize_floats(const float* from, float* to, std::int64_t n, float mean, float std);

// Both, rounded after each step as the two calls would.
void scale_and_normalize_bytes(const std::uint8_t* from, float* to, std::int64_t n, float mean, float std);

}  // namespace cresset::data
