# NVIDIA's libraries: compiled against their headers, never linked, loaded by name where a machine has them.
#
# cresset_vendor_headers carries the include folders and CRESSET_HAS_CUDNN. In a simulated build the simulator's headers
# stand before the toolkit's; of those, cuDNN's need library_types.h.
add_library(cresset_vendor_headers INTERFACE)
set(vendor_hints $ENV{CUDNN_HOME}/include $ENV{CUDA_HOME}/include $ENV{CUDA_PATH}/include
  ${CUDAToolkit_INCLUDE_DIRS} /usr/local/cuda/include)

set(CRESSET_HAS_CUDNN 0)
if(NOT CRESSET_CUDNN STREQUAL "OFF")
  find_path(CRESSET_CUDNN_INCLUDE cudnn_graph.h HINTS ${vendor_hints})
  find_path(CRESSET_LIBRARY_TYPES_INCLUDE library_types.h HINTS ${CRESSET_CUDNN_INCLUDE} ${vendor_hints})
  set(cudnn_version 0)
  if(CRESSET_CUDNN_INCLUDE AND CRESSET_LIBRARY_TYPES_INCLUDE)
    file(STRINGS ${CRESSET_CUDNN_INCLUDE}/cudnn_version.h cudnn_lines REGEX "define CUDNN_(MAJOR|MINOR|PATCHLEVEL) ")
    string(REGEX REPLACE "[^0-9;]" "" cudnn_version "${cudnn_lines}")
    string(REPLACE ";" "." cudnn_version "${cudnn_version}")
  endif()
  if(cudnn_version VERSION_GREATER_EQUAL 9.8 AND cudnn_version VERSION_LESS 10)
    set(CRESSET_HAS_CUDNN 1)
    target_include_directories(cresset_vendor_headers SYSTEM INTERFACE
      ${CRESSET_CUDNN_INCLUDE} ${CRESSET_LIBRARY_TYPES_INCLUDE})
    message(STATUS "cresset: with cuDNN ${cudnn_version} (${CRESSET_CUDNN_INCLUDE})")
  elseif(CRESSET_CUDNN STREQUAL "AUTO")
    message(STATUS "cresset: without cuDNN (the headers of 9.8 or newer are not there); the library's own kernels do the work")
  else()
    message(FATAL_ERROR "CRESSET_CUDNN=ON needs the headers of cuDNN 9.8 or newer, and library_types.h of the toolkit: set CUDNN_HOME or CUDA_HOME")
  endif()
else()
  message(STATUS "cresset: without cuDNN (CRESSET_CUDNN is OFF)")
endif()
target_compile_definitions(cresset_vendor_headers INTERFACE CRESSET_HAS_CUDNN=${CRESSET_HAS_CUDNN})
