# The shared libraries, and static twins for tests that look inside.
#
# Every source is compiled once, into an object library. The shared library shows what CRESSET_API marks;
# the static twin holds the same objects, and there the linker also reaches what is hidden.

# A folder that has no source yet must not break the build.
set(cresset_empty ${PROJECT_BINARY_DIR}/empty.cpp)
file(CONFIGURE OUTPUT ${cresset_empty} CONTENT "")
configure_file(${PROJECT_SOURCE_DIR}/cmake/version.h.in ${PROJECT_BINARY_DIR}/include/cresset/version.h @ONLY)

function(cresset_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "ALIAS" "SOURCES;PUBLIC_LIBRARIES;TWIN_LIBRARIES;PRIVATE_LIBRARIES")
  add_library(${name}_objects OBJECT ${arg_SOURCES})
  target_compile_definitions(${name}_objects PRIVATE CRESSET_BUILDING)
  target_include_directories(${name}_objects PRIVATE
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${name}_objects PRIVATE cresset_options ${arg_PRIVATE_LIBRARIES})

  add_library(${name} SHARED $<TARGET_OBJECTS:${name}_objects>)
  add_library(cresset::${arg_ALIAS} ALIAS ${name})
  set_target_properties(${name} PROPERTIES
    EXPORT_NAME ${arg_ALIAS}
    VERSION ${PROJECT_VERSION}
    # Before 1.0 every minor version may change the binary interface.
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
    LINKER_LANGUAGE CXX
    INSTALL_RPATH $ORIGIN
    LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/exports.map)
  target_link_options(${name} PRIVATE -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/exports.map)
  if(NOT CRESSET_SANITIZE)  # a sanitizer's run-time is found when the program starts
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  target_compile_features(${name} PUBLIC cxx_std_20)

  add_library(${name}_testable STATIC EXCLUDE_FROM_ALL $<TARGET_OBJECTS:${name}_objects>)
  set_target_properties(${name}_testable PROPERTIES LINKER_LANGUAGE CXX)
  target_include_directories(${name}_testable PUBLIC ${PROJECT_SOURCE_DIR}/src)

  foreach(target ${name} ${name}_testable)
    target_include_directories(${target} PUBLIC
      $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
      $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:cresset_options> ${arg_PRIVATE_LIBRARIES})
  endforeach()
  target_link_libraries(${name} PUBLIC ${arg_PUBLIC_LIBRARIES})
  target_link_libraries(${name}_testable PUBLIC ${arg_TWIN_LIBRARIES})
endfunction()

set(src ${PROJECT_SOURCE_DIR}/src)
file(GLOB_RECURSE core_sources CONFIGURE_DEPENDS ${src}/*.cpp)
list(FILTER core_sources EXCLUDE REGEX "/src/(data|plot|onnx|backend/cuda)/")
file(GLOB_RECURSE data_sources CONFIGURE_DEPENDS ${src}/data/*.cpp ${src}/plot/*.cpp)
if(NOT CRESSET_HAS_ONEDNN)
  list(FILTER core_sources EXCLUDE REGEX "_onednn\\.cpp$")
endif()
if(NOT data_sources)
  set(data_sources ${cresset_empty})
endif()

set(core_libraries fmt::fmt-header-only nlohmann_json::nlohmann_json cresset_hwy Threads::Threads
  ${CMAKE_DL_LIBS})
if(CRESSET_HAS_ONEDNN)
  list(APPEND core_libraries DNNL::dnnl)
endif()
cresset_library(cresset ALIAS cresset SOURCES ${core_sources} PRIVATE_LIBRARIES ${core_libraries})
target_compile_definitions(cresset_objects PRIVATE CRESSET_HAS_ONEDNN=${CRESSET_HAS_ONEDNN})

cresset_library(cresset_data ALIAS data SOURCES ${data_sources} PUBLIC_LIBRARIES cresset
  TWIN_LIBRARIES cresset_testable
  PRIVATE_LIBRARIES fmt::fmt-header-only nlohmann_json::nlohmann_json cresset_hwy CURL::libcurl LibArchive::LibArchive
    OpenSSL::Crypto Threads::Threads)
target_include_directories(cresset_data_objects SYSTEM PRIVATE ${CRESSET_STB_DIR})

if(CRESSET_HAS_ONNX)
  file(GLOB_RECURSE onnx_sources CONFIGURE_DEPENDS ${src}/onnx/*.cpp)
  cresset_library(cresset_onnx ALIAS onnx SOURCES ${onnx_sources} PUBLIC_LIBRARIES cresset TWIN_LIBRARIES cresset_testable
    PRIVATE_LIBRARIES fmt::fmt-header-only onnx protobuf::libprotobuf Threads::Threads)
endif()
