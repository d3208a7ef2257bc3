# How everything is compiled: language, warnings, optimisation, sanitizers.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(cresset_options INTERFACE)
target_compile_options(cresset_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow$<$<CXX_COMPILER_ID:GNU>:=local> -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
  $<$<BOOL:${CRESSET_WERROR}>:-Werror>
  # The same bits at every vector width: a multiply-add is fused where the source says so and nowhere else.
  -ffp-contract=off
  -fno-math-errno)
target_link_options(cresset_options INTERFACE -Wl,--as-needed)
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  # No path of the building machine in debug information. A debugger wants the paths; a Release build has none, and without
  # these options all checkouts share one ccache.
  target_compile_options(cresset_options INTERFACE
    -ffile-prefix-map=${PROJECT_SOURCE_DIR}/= -ffile-prefix-map=${PROJECT_BINARY_DIR}/=)
endif()
if(CRESSET_FEWER_TARGETS)
  # In Highway's numbering better targets have lower bits: all above AVX2 go, and what lies between it and the baseline.
  target_compile_definitions(cresset_options INTERFACE "HWY_DISABLED_TARGETS=(HWY_SSSE3|HWY_SSE4|(HWY_AVX2-1))")
endif()
if(CRESSET_SANITIZE)
  target_compile_options(cresset_options INTERFACE
    -fsanitize=${CRESSET_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
    # g++ takes the instrumented code of <regex> for reading what is not set (GCC bug 105562).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(cresset_options INTERFACE -fsanitize=${CRESSET_SANITIZE})
endif()
if(CRESSET_COVERAGE)
  target_compile_options(cresset_options INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(cresset_options INTERFACE --coverage)
endif()
