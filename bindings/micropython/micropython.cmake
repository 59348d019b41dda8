# Linnet's `network.Coap` as a user C module, for ports that build with CMake: USER_C_MODULES is this file.
# docs/micropython.md says how it is used.
get_filename_component(LINNET_DIR ${CMAKE_CURRENT_LIST_DIR}/../.. ABSOLUTE)

add_library(usermod_linnet INTERFACE)
file(GLOB linnet_module_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.c)
set(linnet_sources)
foreach(layer wire engine server client net module)
    file(GLOB sources CONFIGURE_DEPENDS ${LINNET_DIR}/src/${layer}/*.c)
    list(APPEND linnet_sources ${sources})
endforeach()
list(APPEND linnet_sources ${LINNET_DIR}/src/security/absent.c) # no DTLS: it would need GnuTLS and nettle
set(linnet_folders ${LINNET_DIR}/src)
set(linnet_system "_GNU_SOURCE=")

# Elsewhere than on Linux (ESP32), or with LINNET_POSIX_NET: each file of ports/posix/net stands in for that of the same
# name in src/net, and those of ports/small for both, as its settings do. LINNET_SETTINGS is another folder with net/ and
# module/settings.h, for a device with more memory or less.
if(LINNET_POSIX_NET OR NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
    if(NOT LINNET_SETTINGS)
        set(LINNET_SETTINGS ${LINNET_DIR}/ports/small)
    endif()
    foreach(folder posix small)
        file(GLOB others CONFIGURE_DEPENDS ${LINNET_DIR}/ports/${folder}/net/*.c)
        foreach(other IN LISTS others)
            get_filename_component(name ${other} NAME)
            list(FILTER linnet_sources EXCLUDE REGEX "/net/${name}$")
        endforeach()
        list(APPEND linnet_sources ${others})
    endforeach()
    set(linnet_folders ${LINNET_SETTINGS} ${LINNET_DIR}/ports/posix ${LINNET_DIR}/src)
    set(linnet_system "_DEFAULT_SOURCE")
endif()
set_source_files_properties(${linnet_sources} PROPERTIES
    INCLUDE_DIRECTORIES "${linnet_folders}" COMPILE_DEFINITIONS "${linnet_system}" COMPILE_OPTIONS -std=gnu11)

target_sources(usermod_linnet INTERFACE ${linnet_module_sources} ${linnet_sources})
target_include_directories(usermod_linnet INTERFACE ${LINNET_DIR}/include)
target_link_libraries(usermod INTERFACE usermod_linnet)
