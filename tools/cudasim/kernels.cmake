# Lets the host compiler take .cu files of the calling directory as C++. A misaligned load traps, and the trap is reported;
# under sanitizers (CRESSET_SANITIZE) that is UndefinedBehaviorSanitizer's work.
function(cudasim_kernels)
  set_source_files_properties(${ARGN} PROPERTIES LANGUAGE CXX)
  if(NOT CRESSET_SANITIZE)
    set_source_files_properties(${ARGN} PROPERTIES
      COMPILE_OPTIONS "-fsanitize=alignment;-fsanitize-undefined-trap-on-error")
  endif()
endfunction()
