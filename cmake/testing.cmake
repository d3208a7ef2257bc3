# Tests: every folder tests/<room> with sources is one program of GoogleTest cases and one entry of ctest.
#
# They link the static twins, so that a test may use what the shared libraries hide. tests/support is a library for all of
# them; folders without sources are passed over.
enable_testing()
find_package(GTest REQUIRED)
set(tests ${PROJECT_SOURCE_DIR}/tests)

add_library(cresset_test_options INTERFACE)
target_link_libraries(cresset_test_options INTERFACE
  cresset_options cresset_data_testable cresset_testable GTest::gmock GTest::gtest nlohmann_json::nlohmann_json
  fmt::fmt-header-only Threads::Threads)
target_include_directories(cresset_test_options INTERFACE ${tests})
# A test says what it means with plain numbers; the library itself is compiled with this warning on.
target_compile_options(cresset_test_options INTERFACE -Wno-conversion
  # Tests are compiled more often than they run.
  $<$<CONFIG:Release>:-O1>)
target_compile_definitions(cresset_test_options INTERFACE CRESSET_HAS_ONEDNN=${CRESSET_HAS_ONEDNN})
# In a header of its own, so that only who asks for a path is compiled anew in another checkout.
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/include/test_paths.h CONTENT [[
#pragma once
#define CRESSET_TEST_DIR "@tests@"
#define CRESSET_DEFAULT_DATA_DIR "@PROJECT_SOURCE_DIR@/../shared/data"
]] @ONLY)
target_include_directories(cresset_test_options INTERFACE ${PROJECT_BINARY_DIR}/include)

file(GLOB_RECURSE support_sources CONFIGURE_DEPENDS ${tests}/support/*.cpp)
add_library(cresset_test_support STATIC ${support_sources} ${cresset_empty})
target_link_libraries(cresset_test_support PUBLIC cresset_test_options)
# Installed as component `testing`: the op case table for ops of other projects. No path of this machine goes along.
set_target_properties(cresset_test_support PROPERTIES OUTPUT_NAME cresset_testing)
target_compile_options(cresset_test_support PRIVATE -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=)
install(TARGETS cresset_test_support ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
foreach(header argument golden gradcheck op_case options run_table)
  install(FILES ${tests}/support/${header}.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/cresset/testing)
endforeach()
configure_file(${PROJECT_SOURCE_DIR}/cmake/cresset-testing.cmake.in ${PROJECT_BINARY_DIR}/cresset-testing.cmake @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/cresset-testing.cmake DESTINATION ${package_dir})

# The label of a room, where it is not `unit`.
set(label_cases cases)
set(label_ops cases)
set(label_data data)
set(label_plot data)
set(label_cli cli)
set(label_bench_kernels cli)
set(label_onnx onnx)

file(GLOB rooms RELATIVE ${tests} CONFIGURE_DEPENDS ${tests}/*)
list(REMOVE_ITEM rooms support golden package compile sim)
foreach(room IN LISTS rooms)
  file(GLOB_RECURSE room_sources CONFIGURE_DEPENDS ${tests}/${room}/*.cpp)
  if(NOT room_sources)
    continue()
  endif()
  set(label unit)
  if(DEFINED label_${room})
    set(label ${label_${room}})
  endif()
  add_executable(test_${room} ${room_sources})
  target_link_libraries(test_${room} PRIVATE cresset_test_support GTest::gtest_main)
  if(room STREQUAL onnx)
    # Without the component its tests say that they were skipped.
    if(CRESSET_HAS_ONNX)
      file(GLOB case_sources CONFIGURE_DEPENDS ${tests}/cases/*_cases.cpp ${tests}/cases/patterns.cpp)
      target_sources(test_onnx PRIVATE ${case_sources} ${tests}/cases/op_table.cpp)
      target_link_libraries(test_onnx PRIVATE cresset_onnx_testable onnx protobuf::libprotobuf)
    endif()
    target_compile_definitions(test_onnx PRIVATE CRESSET_HAS_ONNX=${CRESSET_HAS_ONNX})
  endif()
  if(room STREQUAL cuda)
    # Plans of cuDNN's are made by the test itself, for cards that are not there.
    if(CRESSET_CUDA AND CRESSET_HAS_CUDNN)
      file(GLOB planning_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/backend/cuda/cudnn/*_graph.cpp
        ${tests}/cases/*_cases.cpp ${tests}/cases/patterns.cpp ${tests}/cases/op_table.cpp)
      target_sources(test_cuda PRIVATE ${planning_sources} ${PROJECT_SOURCE_DIR}/src/backend/cuda/vendor_library.cpp
        ${PROJECT_SOURCE_DIR}/src/backend/cuda/plan_key.cpp)
      foreach(file card choices conv2d_choice descriptor graph library plan plan_cache)
        target_sources(test_cuda PRIVATE ${PROJECT_SOURCE_DIR}/src/backend/cuda/cudnn/${file}.cpp)
      endforeach()
      target_link_libraries(test_cuda PRIVATE cresset_vendor_headers ${cuda_runtime})
    else()
      get_target_property(cuda_room test_cuda SOURCES)
      list(FILTER cuda_room EXCLUDE REGEX "/cudnn_(plan|pointwise_plan|pool_norm_plan|choices|conv2d_choice|softmax)_test.cpp")
      set_property(TARGET test_cuda PROPERTY SOURCES ${cuda_room})
    endif()
  endif()
  if(room STREQUAL bench_kernels)
    # What the program is made of, as it was compiled for it.
    target_sources(test_bench_kernels PRIVATE
      $<FILTER:$<TARGET_OBJECTS:cresset_program>,INCLUDE,/\(bench_kernels/|nearest|processor\)>)
    target_include_directories(test_bench_kernels PRIVATE ${PROJECT_SOURCE_DIR}/tools/cresset)
    target_link_libraries(test_bench_kernels PRIVATE ${CMAKE_DL_LIBS})
  endif()
  if(room STREQUAL backend AND CRESSET_HAS_ONEDNN)
    target_link_libraries(test_backend PRIVATE DNNL::dnnl)  # its errors are made by hand there
  endif()
  add_test(NAME ${room} COMMAND test_${room} WORKING_DIRECTORY ${PROJECT_BINARY_DIR})
  set_tests_properties(${room} PROPERTIES LABELS ${label} TIMEOUT 3600)
  if(TARGET cresset_program)
    set_tests_properties(${room} PROPERTIES ENVIRONMENT CRESSET_PROGRAM=$<TARGET_FILE:cresset_program>)
    add_dependencies(test_${room} cresset_program)
  endif()
endforeach()

# Every kernel, each instance of a template, must be launched by the tests of these rooms: in one build, which asks it.
if(CRESSET_CUDA STREQUAL "SIM" AND NOT CRESSET_SANITIZE AND NOT CRESSET_COVERAGE)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  set(launching_rooms cases cuda optim)
  foreach(room IN LISTS launching_rooms)
    set_property(TEST ${room} APPEND PROPERTY
      ENVIRONMENT CRESSET_SIM_LAUNCHES=${PROJECT_BINARY_DIR}/launches/${room})
    file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/launches/${room})
  endforeach()
  add_test(NAME kernels_launched
    COMMAND ${Python3_EXECUTABLE} ${tests}/cuda/kernels_launched.py ${PROJECT_BINARY_DIR}/launches ${launching_rooms})
  set_tests_properties(kernels_launched PROPERTIES LABELS sim DEPENDS "${launching_rooms}" SKIP_RETURN_CODE 77)
endif()

# What must compile and what must not. The answer is the compiler's, so one uninstrumented build asks it.
if(NOT CRESSET_SANITIZE AND NOT CRESSET_COVERAGE)
  file(GLOB compile_sources CONFIGURE_DEPENDS ${tests}/compile/*.cpp)
  foreach(source IN LISTS compile_sources)
    get_filename_component(name ${source} NAME_WE)
    add_test(NAME compile.${name} COMMAND ${tests}/compile/run.sh ${source} ${CMAKE_CXX_COMPILER}
      -I${PROJECT_SOURCE_DIR}/include -I${PROJECT_BINARY_DIR}/include)
    set_tests_properties(compile.${name} PROPERTIES LABELS unit)
  endforeach()
  foreach(page README docs/mixed_precision)
    get_filename_component(name ${page} NAME)
    string(TOLOWER ${name} name)
    add_test(NAME compile.${name} COMMAND ${tests}/compile/readme.sh ${PROJECT_SOURCE_DIR}/${page}.md ${CMAKE_CXX_COMPILER}
      -I${PROJECT_SOURCE_DIR}/include -I${PROJECT_BINARY_DIR}/include)
    set_tests_properties(compile.${name} PROPERTIES LABELS unit)
  endforeach()
  add_test(NAME exports COMMAND ${PROJECT_SOURCE_DIR}/tools/check_exports.sh ${PROJECT_BINARY_DIR})
  set_tests_properties(exports PROPERTIES LABELS package)
  add_test(NAME package COMMAND ${tests}/package/run.sh ${PROJECT_BINARY_DIR} ${CMAKE_CXX_COMPILER}
    ${CMAKE_GENERATOR})
  set_tests_properties(package PROPERTIES LABELS package TIMEOUT 600)
  if(CRESSET_CUDA STREQUAL "SIM")
    add_test(NAME package.cuda COMMAND ${tests}/package/cuda.sh ${PROJECT_BINARY_DIR} ${CMAKE_CXX_COMPILER}
      ${CMAKE_GENERATOR})
    set_tests_properties(package.cuda PROPERTIES LABELS package TIMEOUT 600)
  endif()
endif()

# The CUDA simulator and its tests need nothing of the library.
add_subdirectory(${tests}/sim ${PROJECT_BINARY_DIR}/sim)

# A change of the sources that a mutation no longer fits must change the mutation too.
add_test(NAME mutations COMMAND ${PROJECT_SOURCE_DIR}/tools/mutate --check)
set_tests_properties(mutations PROPERTIES LABELS unit)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME kernel_report COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tools/kernel_report/selftest.py)
set_tests_properties(kernel_report PROPERTIES LABELS unit)
# Pages must not lead nowhere.
add_test(NAME links COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tools/check_links.py)
add_test(NAME links.check COMMAND ${Python3_EXECUTABLE} ${tests}/docs/check_links_test.py)
set_tests_properties(links links.check PROPERTIES LABELS unit)
find_program(doxygen_program doxygen)
if(doxygen_program)
  add_test(NAME site COMMAND ${PROJECT_SOURCE_DIR}/tools/docs.sh ${PROJECT_BINARY_DIR}/docs)
  set_tests_properties(site PROPERTIES LABELS unit)
endif()
