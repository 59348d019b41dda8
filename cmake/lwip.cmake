# Programs that run the library on lwIP (Debian package liblwip-dev) under Linux: tests/lwip. Each call of a socket is
# lwIP's own, so nothing of the kernel's sockets is used; with LINNET_SMALL it is what an ESP32 has.
pkg_check_modules(LWIP REQUIRED IMPORTED_TARGET lwip)
set(lwip_names socket close bind connect getsockname getsockopt setsockopt fcntl poll send sendto recv recvmsg
    if_indextoname if_nametoindex)
list(TRANSFORM lwip_names PREPEND -Wl,--wrap=)
set(lwip_folder ${PROJECT_SOURCE_DIR}/tests/lwip)
add_library(lwip_stack STATIC ${lwip_folder}/names.c ${lwip_folder}/stack.c)
add_executable(lwip_test ${lwip_folder}/lwip_test.c)
add_executable(lwip_board ${lwip_folder}/board.c)
foreach(target lwip_stack lwip_test lwip_board)
    linnet_use_system(${target})
    target_link_libraries(${target} PRIVATE linnet_flags PkgConfig::LWIP)
endforeach()
# A header of lwIP's has a macro that converts; and what the linker wraps has no header.
target_compile_options(lwip_stack PRIVATE -Wno-conversion)
foreach(target lwip_test lwip_board)
    target_link_options(${target} PRIVATE ${lwip_names})
    target_link_libraries(${target} PRIVATE linnet_static lwip_stack PkgConfig::CMOCKA)
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests/lwip)
endforeach()
add_test(NAME lwip/lwip_test COMMAND lwip_test)
set_tests_properties(lwip/lwip_test PROPERTIES TIMEOUT 60)
add_custom_target(linnet_small_tests DEPENDS lwip_test unit_module_small_test)
