// CUDA's vector types, with CUDA's names, members and alignments.
#pragma once

#define CUDASIM_VECTOR_1(name, T) \
  struct name##1 {                \
    T x;                          \
  };
#define CUDASIM_VECTOR_2(name, T, alignment) \
  struct alignas(alignment) name##2 {        \
    T x, y;                                  \
  };
#define CUDASIM_VECTOR_3(name, T) \
  struct name##3 {                \
    T x, y, z;                    \
  };
#define CUDASIM_VECTOR_4(name, T, alignment) \
  struct alignas(alignment) name##4 {        \
    T x, y, z, w;                            \
  };
#define CUDASIM_VECTORS(name, T)           \
  CUDASIM_VECTOR_1(name, T)                \
  CUDASIM_VECTOR_2(name, T, sizeof(T) * 2) \
  CUDASIM_VECTOR_3(name, T)                \
  CUDASIM_VECTOR_4(name, T, sizeof(T) < 4 ? sizeof(T) * 4 : 16)

CUDASIM_VECTORS(char, signed char)
CUDASIM_VECTORS(uchar, unsigned char)
CUDASIM_VECTORS(short, short)
CUDASIM_VECTORS(ushort, unsigned short)
CUDASIM_VECTORS(int, int)
CUDASIM_VECTORS(uint, unsigned int)
CUDASIM_VECTORS(long, long)
CUDASIM_VECTORS(ulong, unsigned long)
CUDASIM_VECTORS(longlong, long long)
CUDASIM_VECTORS(ulonglong, unsigned long long)
CUDASIM_VECTORS(float, float)
CUDASIM_VECTORS(double, double)

#undef CUDASIM_VECTORS
#undef CUDASIM_VECTOR_4
#undef CUDASIM_VECTOR_3
#undef CUDASIM_VECTOR_2
#undef CUDASIM_VECTOR_1

struct dim3 {
  unsigned int x, y, z;
  constexpr dim3(unsigned int vx = 1, unsigned int vy = 1, unsigned int vz = 1) : x(vx), y(vy), z(vz) {}
  constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
  constexpr operator uint3() const { return uint3{x, y, z}; }
};
