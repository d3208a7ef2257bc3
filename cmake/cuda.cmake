# The CUDA backend: a library of its own, loaded by the core when a CUDA device is first asked for.
#
# CRESSET_CUDA=ON compiles kernels/*.cu by nvcc. CRESSET_CUDA=SIM compiles the same files for the processor, against
# tools/cudasim, into a library of another name. The library shows one function; what it needs of the core's sources is
# compiled into it, so that it fits a program with the shared libcresset and one that has cresset inside.
if(NOT CRESSET_CUDA)
  return()
endif()

file(GLOB_RECURSE cuda_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/backend/cuda/*.cpp)
file(GLOB kernel_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/kernels/*.cu)
list(APPEND cuda_sources ${PROJECT_SOURCE_DIR}/src/core/dtype.cpp ${PROJECT_SOURCE_DIR}/src/core/error.cpp
  ${PROJECT_SOURCE_DIR}/src/io/atomic_file.cpp)

if(CRESSET_CUDA STREQUAL "SIM")
  set(cuda_library cresset_cuda_sim)
  add_subdirectory(${PROJECT_SOURCE_DIR}/tools/cudasim ${PROJECT_BINARY_DIR}/cudasim)
  if(NOT TARGET cudasim)
    message(FATAL_ERROR "cresset: CRESSET_CUDA=SIM needs ${CUDASIM_MISSING}")
  endif()
  set(cuda_runtime cudasim)
  cudasim_kernels(${kernel_sources})
elseif(CRESSET_CUDA STREQUAL "ON")
  set(cuda_library cresset_cuda)
  # Code for every GPU from Turing on, and PTX of the newest for those to come.
  if(NOT CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 75-real 80-real 86-real 89-real 90-real 100-real 120)
  endif()
  enable_language(CUDA)
  set(CMAKE_CUDA_STANDARD 20)
  set(CMAKE_CUDA_STANDARD_REQUIRED ON)
  set(CMAKE_CUDA_EXTENSIONS OFF)
  if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # CMake before 3.26 has not heard of it
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
    set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
  endif()
  if(CCACHE AND NOT CMAKE_CUDA_COMPILER_LAUNCHER)
    set(CMAKE_CUDA_COMPILER_LAUNCHER ${CCACHE})
  endif()
  find_package(CUDAToolkit REQUIRED)
  # Linked in: the driver is all that a machine needs.
  set(cuda_runtime CUDA::cudart_static)
else()
  message(FATAL_ERROR "cresset: CRESSET_CUDA is OFF, ON or SIM, not ${CRESSET_CUDA}")
endif()

include(vendor)
if(NOT CRESSET_HAS_CUDNN)
  list(FILTER cuda_sources EXCLUDE REGEX "/backend/cuda/cudnn/")
endif()
if(NOT CRESSET_HAS_CUBLASLT)
  list(FILTER cuda_sources EXCLUDE REGEX "/backend/cuda/cublaslt/")
endif()

add_library(${cuda_library}_kernels OBJECT ${kernel_sources})
target_include_directories(${cuda_library}_kernels PRIVATE
  ${PROJECT_SOURCE_DIR}/kernels ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(${cuda_library}_kernels PRIVATE ${cuda_runtime})
if(CRESSET_CUDA STREQUAL "SIM")
  target_link_libraries(${cuda_library}_kernels PRIVATE cresset_options)
  # Compiled more often than it runs, and slow by nature.
  target_compile_options(${cuda_library}_kernels PRIVATE -Wno-unknown-pragmas $<$<CONFIG:Release>:-O1>)
else()
  target_compile_options(${cuda_library}_kernels PRIVATE
    $<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr -Xcompiler=-Wall,-Wextra
    $<$<BOOL:${CRESSET_WERROR}>:-Werror=all-warnings>>)
  # Its numbers are the CPU's, bit by bit.
  set_source_files_properties(${PROJECT_SOURCE_DIR}/kernels/random.cu PROPERTIES COMPILE_OPTIONS -fmad=false)
endif()

add_library(${cuda_library} MODULE ${cuda_sources} $<TARGET_OBJECTS:${cuda_library}_kernels>)
target_include_directories(${cuda_library} PRIVATE ${PROJECT_SOURCE_DIR}/kernels
  ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_compile_definitions(${cuda_library} PRIVATE CRESSET_BUILDING)
target_link_libraries(${cuda_library} PRIVATE cresset_options ${cuda_runtime} fmt::fmt-header-only Threads::Threads)
target_link_options(${cuda_library} PRIVATE
  -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/cuda_exports.map)
if(NOT CRESSET_SANITIZE)  # a sanitizer's functions are the program's
  target_link_options(${cuda_library} PRIVATE -Wl,--no-undefined)
endif()
target_link_libraries(${cuda_library} PRIVATE cresset_vendor_headers)
set_target_properties(${cuda_library} PROPERTIES
  LINKER_LANGUAGE CXX INSTALL_RPATH $ORIGIN LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/cuda_exports.map)
# Who builds the core gets the backend beside it.
add_dependencies(cresset ${cuda_library})
install(TARGETS ${cuda_library} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(CRESSET_CUDA STREQUAL "SIM")
  install(TARGETS cudasim LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
