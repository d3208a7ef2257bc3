# The tutorials: each page of docs/tutorials is compared with its program, and the program with what the page says that it
# prints (tools/tutorials/tutorials.py). The programs are built from docs/tutorials/<name>.cpp as they are; in a build with the
# simulator once more with the page's own change from CPU to CUDA.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(tutorials_tool ${PROJECT_SOURCE_DIR}/tools/tutorials/tutorials.py)
file(GLOB tutorials_parts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tools/tutorials/*.py)
set(tutorials_dir ${PROJECT_SOURCE_DIR}/docs/tutorials)

# A tutorial says what it means with plain numbers and uses a name again as Python does; like the tests it is compiled
# more often than it runs.
add_library(cresset_tutorial_options INTERFACE)
target_compile_options(cresset_tutorial_options INTERFACE -Wno-conversion -Wno-shadow$<$<CXX_COMPILER_ID:GNU>:=local>
  $<$<CONFIG:Release>:-O1>)

function(tutorial_program target source)
  add_executable(${target} ${source})
  target_include_directories(${target} PRIVATE ${tutorials_dir})
  target_link_libraries(${target} PRIVATE cresset_options cresset_tutorial_options cresset::data)
  if(exports)
    target_link_libraries(${target} PRIVATE cresset::onnx)
  endif()
endfunction()

add_test(NAME tutorials.tool COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tools/tutorials/selftest.py)
set_tests_properties(tutorials.tool PROPERTIES LABELS tutorials)

# Ten trainings of up to 36 million parameters are too much for a simulated device: there the program is only compiled.
set(too_large_for_the_simulator first_layer)

file(GLOB tutorial_sources CONFIGURE_DEPENDS ${tutorials_dir}/*.cpp)
foreach(source IN LISTS tutorial_sources)
  get_filename_component(name ${source} NAME_WE)
  add_test(NAME tutorial.${name}.page COMMAND ${Python3_EXECUTABLE} ${tutorials_tool} check ${name})
  file(STRINGS ${source} exports REGEX "#include <cresset/export_onnx.h>")
  if(exports AND NOT CRESSET_HAS_ONNX)
    add_test(NAME tutorial.${name} COMMAND ${CMAKE_COMMAND} -E echo "built without ONNX")
    set_tests_properties(tutorial.${name} PROPERTIES SKIP_REGULAR_EXPRESSION "built without ONNX")
    set_tests_properties(tutorial.${name} tutorial.${name}.page PROPERTIES LABELS tutorials)
    continue()
  endif()
  tutorial_program(tutorial_${name} ${source})
  add_test(NAME tutorial.${name}
    COMMAND ${Python3_EXECUTABLE} ${tutorials_tool} test ${name} $<TARGET_FILE:tutorial_${name}>)
  set(entries tutorial.${name}.page tutorial.${name})

  if(CRESSET_CUDA STREQUAL "SIM")
    set(changed ${PROJECT_BINARY_DIR}/tutorials/${name}_cuda.cpp)
    add_custom_command(OUTPUT ${changed}
      COMMAND ${Python3_EXECUTABLE} ${tutorials_tool} cuda ${name} ${changed}
      DEPENDS ${source} ${tutorials_dir}/${name}.md ${tutorials_parts})
    tutorial_program(tutorial_${name}_cuda ${changed})
    if(name IN_LIST too_large_for_the_simulator)
      add_test(NAME tutorial.${name}.cuda COMMAND ${CMAKE_COMMAND} -E echo "skipped: too much for a simulated device")
      set_tests_properties(tutorial.${name}.cuda PROPERTIES SKIP_REGULAR_EXPRESSION "^skipped: ")
    else()
      add_test(NAME tutorial.${name}.cuda
        COMMAND ${Python3_EXECUTABLE} ${tutorials_tool} test ${name} $<TARGET_FILE:tutorial_${name}_cuda> --cuda)
    endif()
    list(APPEND entries tutorial.${name}.cuda)
  endif()
  set_tests_properties(${entries} PROPERTIES LABELS tutorials TIMEOUT 900)
endforeach()
