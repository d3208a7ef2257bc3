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
