# Each tests/fuzz/fuzz_*.c is one libFuzzer program in build/fuzz/targets; the library is built with the same sanitizers.
if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "LINNET_FUZZ needs clang: configure a tree of its own with -DCMAKE_C_COMPILER=clang")
endif()
file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/fuzz_*.c)
set(programs)
foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    add_executable(${name} ${source})
    linnet_use_system(${name})
    target_include_directories(${name} PRIVATE
        ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(${name} PRIVATE linnet_static linnet_flags)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    target_compile_options(${name} PRIVATE -Wno-missing-prototypes) # LLVMFuzzerTestOneInput has no header
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/targets)
    list(APPEND programs ${name})
endforeach()
add_custom_target(linnet_fuzz DEPENDS ${programs})
