# The program `cresset`: thin files over the public interface of the two libraries.
file(GLOB_RECURSE program_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tools/cresset/*.cpp)
if(program_sources)
  add_executable(cresset_program ${program_sources})
  set_target_properties(cresset_program PROPERTIES
    OUTPUT_NAME cresset INSTALL_RPATH $ORIGIN/../${CMAKE_INSTALL_LIBDIR})
  target_include_directories(cresset_program PRIVATE ${PROJECT_SOURCE_DIR}/tools/cresset ${PROJECT_SOURCE_DIR}/tools)
  target_link_libraries(cresset_program PRIVATE
    cresset_options cresset::cresset cresset::data CLI11::CLI11 fmt::fmt-header-only nlohmann_json::nlohmann_json
    Threads::Threads ${CMAKE_DL_LIBS})
  target_compile_definitions(cresset_program PRIVATE CRESSET_HAS_ONNX=${CRESSET_HAS_ONNX})
  if(CRESSET_HAS_ONNX)
    target_link_libraries(cresset_program PRIVATE cresset::onnx)
  endif()
endif()
