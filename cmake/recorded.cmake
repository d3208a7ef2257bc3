# The backend once more, with the kernels of convolutions and matrix products compiled so that the simulator sees each
# access to memory, and the program that counts them (tools/kernel_report). In a folder of its own, where the core that
# is inside the program finds it.
if(NOT CRESSET_CUDA STREQUAL "SIM" OR CRESSET_SANITIZE OR CRESSET_COVERAGE OR NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  return()
endif()
set(recorded_dir ${PROJECT_BINARY_DIR}/recorded)

set(recorded_sources ${kernel_sources})
list(FILTER recorded_sources INCLUDE REGEX "/(conv2d|matmul)[^/]*\\.cu$")
add_library(cresset_cuda_recorded_kernels OBJECT ${recorded_sources})
target_include_directories(cresset_cuda_recorded_kernels PRIVATE
  ${PROJECT_SOURCE_DIR}/kernels ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(cresset_cuda_recorded_kernels PRIVATE cudasim cudasim_record cresset_options)
target_compile_options(cresset_cuda_recorded_kernels PRIVATE -Wno-unknown-pragmas)

add_library(cresset_cuda_recorded MODULE $<TARGET_OBJECTS:cresset_cuda_sim>
  $<FILTER:$<TARGET_OBJECTS:cresset_cuda_sim_kernels>,EXCLUDE,/\(conv2d|matmul\)[^/]*\\.cu\\.o$>
  $<TARGET_OBJECTS:cresset_cuda_recorded_kernels> $<TARGET_OBJECTS:cudasim_hooks>)
target_link_libraries(cresset_cuda_recorded PRIVATE cudasim fmt::fmt-header-only Threads::Threads)
target_link_options(cresset_cuda_recorded PRIVATE
  -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/cuda_exports.map -Wl,--no-undefined)
set_target_properties(cresset_cuda_recorded PROPERTIES
  LINKER_LANGUAGE CXX OUTPUT_NAME cresset_cuda_sim LIBRARY_OUTPUT_DIRECTORY ${recorded_dir}/lib)

add_executable(kernel_accesses ${PROJECT_SOURCE_DIR}/tools/kernel_report/accesses.cpp)
set_target_properties(kernel_accesses PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${recorded_dir}/bin)
target_link_libraries(kernel_accesses PRIVATE
  cresset_options cresset_testable cudasim nlohmann_json::nlohmann_json fmt::fmt-header-only)
add_dependencies(kernel_accesses cresset_cuda_recorded)

find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME sim.conflicts COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tools/kernel_report/conflicts.py
  $<TARGET_FILE:kernel_accesses>)
set_tests_properties(sim.conflicts PROPERTIES LABELS sim TIMEOUT 900)
