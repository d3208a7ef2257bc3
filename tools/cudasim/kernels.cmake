# Lets the host compiler take .cu files of the calling directory as C++. A misaligned load traps, and the trap is reported;
# under sanitizers (CRESSET_SANITIZE) that is UndefinedBehaviorSanitizer's work.
# Loops that a kernel wants unrolled are the GPU's affair.
function(cudasim_kernels)
  set(options "$<$<CXX_COMPILER_ID:Clang>:-Wno-pass-failed>")
  if(NOT CRESSET_SANITIZE)
    list(APPEND options -fsanitize=alignment -fsanitize-undefined-trap-on-error)
  endif()
  set_source_files_properties(${ARGN} PROPERTIES LANGUAGE CXX COMPILE_OPTIONS "${options}")
endfunction()
