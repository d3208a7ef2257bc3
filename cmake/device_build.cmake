# The core and a CUDA backend find out whether they fit by a build id: the version, and a hash of what both are compiled
# against.
file(GLOB device_interface CONFIGURE_DEPENDS
  ${PROJECT_SOURCE_DIR}/include/cresset/extension/*.h ${PROJECT_SOURCE_DIR}/include/cresset/cuda.h
  ${PROJECT_SOURCE_DIR}/include/cresset/error.h ${PROJECT_SOURCE_DIR}/src/core/device_functions.h)
set(hashes "")
foreach(header IN LISTS device_interface)
  file(SHA256 ${header} hash)
  string(APPEND hashes ${hash})
endforeach()
set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${device_interface})
string(SHA256 hash "${hashes}")
string(SUBSTRING ${hash} 0 16 hash)
set(CRESSET_DEVICE_BUILD_ID ${PROJECT_VERSION}-${hash})

# Another name, so that nobody takes a simulation for a GPU.
if(CRESSET_CUDA STREQUAL "SIM")
  set(CRESSET_DEVICE_LIBRARY libcresset_cuda_sim.so)
  set(CRESSET_DEVICE_SIMULATED true)
else()
  set(CRESSET_DEVICE_LIBRARY libcresset_cuda.so)
  set(CRESSET_DEVICE_SIMULATED false)
endif()
configure_file(${PROJECT_SOURCE_DIR}/cmake/device_build.h.in ${PROJECT_BINARY_DIR}/include/device_build.h @ONLY)
