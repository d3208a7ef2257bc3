# cmake --install: a package that can be moved, found by find_package(cresset) and by pkg-config.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/cresset)

install(DIRECTORY include/cresset ${PROJECT_BINARY_DIR}/include/cresset DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.h")
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
install(TARGETS cresset EXPORT cresset LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS cresset_data EXPORT cresset-data LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT cresset NAMESPACE cresset:: DESTINATION ${package_dir} FILE cresset-targets.cmake)
install(EXPORT cresset-data NAMESPACE cresset:: DESTINATION ${package_dir} FILE cresset-data-targets.cmake)
if(TARGET cresset_program)
  install(TARGETS cresset_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

configure_package_config_file(cmake/cresset-config.cmake.in ${PROJECT_BINARY_DIR}/cresset-config.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/cresset-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/cresset-config.cmake ${PROJECT_BINARY_DIR}/cresset-config-version.cmake
  DESTINATION ${package_dir})

# What kernels of other projects are written with; docs/adding_a_kernel.md lists the headers.
if(CRESSET_CUDA)
  foreach(header check_cuda cp_async launch ldmatrix mma shared shared_address)
    install(FILES kernels/common/${header}.cuh DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/cresset/kernels)
  endforeach()
  set(cresset_cuda_simulated FALSE)
  if(CRESSET_CUDA STREQUAL "SIM")
    set(cresset_cuda_simulated TRUE)
    if(CRESSET_SANITIZE)
      set(cresset_cuda_compile_options "-fsanitize=${CRESSET_SANITIZE};-fno-omit-frame-pointer")
      set(cresset_cuda_link_options -fsanitize=${CRESSET_SANITIZE})
      get_target_property(cresset_cuda_definitions cudasim INTERFACE_COMPILE_DEFINITIONS)
      string(REPLACE "cresset_cuda_definitions-NOTFOUND" "" cresset_cuda_definitions "${cresset_cuda_definitions}")
    endif()
    install(DIRECTORY tools/cudasim/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/cresset/cudasim)
    install(FILES tools/cudasim/kernels.cmake DESTINATION ${package_dir} RENAME cudasim-kernels.cmake)
  endif()
  configure_file(cmake/cresset-cuda.cmake.in ${PROJECT_BINARY_DIR}/cresset-cuda.cmake @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/cresset-cuda.cmake DESTINATION ${package_dir})
endif()

file(RELATIVE_PATH CRESSET_LIBDIR_TO_INCLUDEDIR ${CMAKE_INSTALL_FULL_LIBDIR} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
foreach(name cresset cresset-data)
  configure_file(cmake/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()

# What libcresset needs beside the C++ run-time and that a target machine rarely has, under the name the loader asks for.
function(cresset_bundle target)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "SHARED_LIBRARY")
    install(FILES $<TARGET_FILE:${target}> DESTINATION ${CMAKE_INSTALL_LIBDIR}
      RENAME $<TARGET_SONAME_FILE_NAME:${target}>
      PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  endif()
endfunction()
if(CRESSET_BUNDLE)
  if(TARGET DNNL::dnnl)
    cresset_bundle(DNNL::dnnl)
  endif()
  if(NOT CRESSET_HWY_STATIC)
    cresset_bundle(hwy::hwy)
  endif()
endif()
