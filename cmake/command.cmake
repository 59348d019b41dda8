# The linnet command: cli/main.c and a library of all the rest of cli/, so that tests can reach it too.
# CBOR, JSON and captures are read here only; the library itself needs none of them.
file(GLOB cli_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cli/*.c)
list(REMOVE_ITEM cli_sources ${PROJECT_SOURCE_DIR}/cli/main.c)
if(NOT EXISTS ${PROJECT_SOURCE_DIR}/cli/main.c)
    message(STATUS "cli/main.c is not there: the command is not built")
    return()
endif()
pkg_check_modules(CLI REQUIRED IMPORTED_TARGET libcbor libcjson libpcap)

add_library(linnet_cli STATIC ${cli_sources})
linnet_use_system(linnet_cli)
target_compile_definitions(linnet_cli PRIVATE LINNET_VERSION="${PROJECT_VERSION}")
target_include_directories(linnet_cli PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(linnet_cli PUBLIC linnet_static PkgConfig::CLI PRIVATE linnet_flags)

add_executable(linnet_command ${PROJECT_SOURCE_DIR}/cli/main.c)
linnet_use_system(linnet_command)
target_compile_definitions(linnet_command PRIVATE LINNET_VERSION="${PROJECT_VERSION}")
target_include_directories(linnet_command PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(linnet_command PRIVATE linnet_cli linnet_flags)
set_target_properties(linnet_command PROPERTIES OUTPUT_NAME linnet RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
