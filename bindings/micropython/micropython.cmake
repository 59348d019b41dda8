# Linnet's `network.Coap` as a user C module, for ports that build with CMake: USER_C_MODULES is this file.
# docs/micropython.md says how it is used.
if(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
    message(FATAL_ERROR "Linnet's sockets (src/net) are those of Linux; docs/micropython.md says what a port to "
                        "${CMAKE_SYSTEM_NAME} needs")
endif()
get_filename_component(LINNET_DIR ${CMAKE_CURRENT_LIST_DIR}/../.. ABSOLUTE)

add_library(usermod_linnet INTERFACE)
file(GLOB linnet_module_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.c)
set(linnet_sources)
foreach(layer wire engine server client net module)
    file(GLOB sources CONFIGURE_DEPENDS ${LINNET_DIR}/src/${layer}/*.c)
    list(APPEND linnet_sources ${sources})
endforeach()
list(APPEND linnet_sources ${LINNET_DIR}/src/security/absent.c) # no DTLS: it would need GnuTLS and nettle
set_source_files_properties(${linnet_sources} PROPERTIES
    INCLUDE_DIRECTORIES ${LINNET_DIR}/src COMPILE_DEFINITIONS "_GNU_SOURCE=" COMPILE_OPTIONS -std=gnu11)

target_sources(usermod_linnet INTERFACE ${linnet_module_sources} ${linnet_sources})
target_include_directories(usermod_linnet INTERFACE ${LINNET_DIR}/include)
target_link_libraries(usermod INTERFACE usermod_linnet)
