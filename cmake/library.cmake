# liblinnet, static and shared, from the layers of src/. The static one is what tests and the command link with,
# since it also holds the internal functions.
set(linnet_core_layers wire engine server client) # plain C11, no system calls
set(linnet_system_layers security net store gateway module)

# Without it coaps:// is LINNET_EUNSUPPORTED: src/security/absent.c stands in for all of src/security/.
if(LINNET_DTLS)
    find_package(PkgConfig REQUIRED)
    pkg_check_modules(LINNET_TLS REQUIRED IMPORTED_TARGET gnutls>=3.7 nettle>=3.8)
    set(LINNET_PC_REQUIRES "gnutls >= 3.7, nettle >= 3.8")
endif()

# Each file of ports/posix/net stands in for that of the same name in src/net.
if(LINNET_POSIX_NET)
    include_directories(BEFORE ${PROJECT_SOURCE_DIR}/ports/posix)
    if(LINNET_SMALL) # likewise for settings
        include_directories(BEFORE ${PROJECT_SOURCE_DIR}/ports/small)
    endif()
    if(LINNET_LWIP) # as lwIP's own <sys/socket.h> does
        add_compile_definitions(LWIP_SOCKET=1)
    endif()
endif()
function(linnet_stand_in list folder)
    file(GLOB others CONFIGURE_DEPENDS ${folder}/*.c)
    set(sources ${${list}})
    foreach(other IN LISTS others)
        cmake_path(GET other STEM name)
        list(FILTER sources EXCLUDE REGEX "/${name}\\.c$")
    endforeach()
    set(${list} ${sources} ${others} PARENT_SCOPE)
endfunction()

set(linnet_objects)
foreach(layer IN LISTS linnet_core_layers linnet_system_layers)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${layer}/*.c)
    if(layer STREQUAL "security")
        set(kept "/absent\\.c$")
        if(LINNET_DTLS)
            list(FILTER sources EXCLUDE REGEX ${kept})
        else()
            list(FILTER sources INCLUDE REGEX ${kept})
        endif()
    endif()
    if(layer STREQUAL "net" AND LINNET_POSIX_NET)
        linnet_stand_in(sources ${PROJECT_SOURCE_DIR}/ports/posix/net)
    endif()
    if(NOT sources)
        continue()
    endif()
    add_library(linnet_${layer} OBJECT ${sources})
    target_include_directories(linnet_${layer} PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(linnet_${layer} PRIVATE linnet_flags)
    if(layer IN_LIST linnet_core_layers)
        set_target_properties(linnet_${layer} PROPERTIES C_EXTENSIONS OFF)
    else()
        linnet_use_system(linnet_${layer})
        if(LINNET_POSIX_NET AND layer MATCHES "^(net|module)$") # nothing of Linux, and of the BSDs what lwIP has
            set_target_properties(linnet_${layer} PROPERTIES C_EXTENSIONS OFF COMPILE_DEFINITIONS _DEFAULT_SOURCE)
        endif()
    endif()
    if(layer STREQUAL "security" AND LINNET_DTLS)
        target_link_libraries(linnet_security PRIVATE PkgConfig::LINNET_TLS)
    endif()
    list(APPEND linnet_objects $<TARGET_OBJECTS:linnet_${layer}>)
endforeach()

if(NOT linnet_objects)
    message(WARNING "src/ has no source files yet: nothing is built")
    add_custom_target(linnet_product)
    return()
endif()

# Only what the public headers declare leaves the shared library.
file(GLOB linnet_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/*.h ${PROJECT_SOURCE_DIR}/include/linnet/*.h)
set(linnet_exports ${PROJECT_BINARY_DIR}/linnet.map)
add_custom_command(OUTPUT ${linnet_exports}
    COMMAND ${CMAKE_COMMAND} -D OUTPUT=${linnet_exports} -D INCLUDE=${PROJECT_SOURCE_DIR}/include
            -P ${PROJECT_SOURCE_DIR}/cmake/exports.cmake
    DEPENDS ${linnet_headers} ${PROJECT_SOURCE_DIR}/cmake/exports.cmake
    COMMENT "Listing the public functions" VERBATIM)
add_custom_target(linnet_exports DEPENDS ${linnet_exports})

add_library(linnet_static STATIC ${linnet_objects})
add_library(linnet_shared SHARED ${linnet_objects})
add_dependencies(linnet_shared linnet_exports)
target_link_options(linnet_shared PRIVATE -Wl,--version-script=${linnet_exports})
set_target_properties(linnet_shared PROPERTIES
    VERSION ${PROJECT_VERSION} SOVERSION 0 LINK_DEPENDS ${linnet_exports} EXPORT_NAME linnet)
set_target_properties(linnet_static PROPERTIES EXPORT_NAME linnet_static)
foreach(library linnet_static linnet_shared)
    set_target_properties(${library} PROPERTIES OUTPUT_NAME linnet LINKER_LANGUAGE C)
    target_include_directories(${library} PUBLIC
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    target_link_libraries(${library} PUBLIC Threads::Threads PRIVATE $<BUILD_INTERFACE:linnet_flags>)
    if(LINNET_DTLS)
        target_link_libraries(${library} PRIVATE PkgConfig::LINNET_TLS)
    endif()
endforeach()
add_library(linnet::linnet ALIAS linnet_shared)
add_library(linnet::linnet_static ALIAS linnet_static)

# Each C file of a folder becomes one program, linked with the library.
function(linnet_programs folder output)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.c)
    set(programs)
    foreach(source IN LISTS sources)
        cmake_path(GET source STEM name)
        set(target ${folder}_${name})
        add_executable(${target} ${source})
        linnet_use_system(${target})
        target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/src)
        target_link_libraries(${target} PRIVATE linnet_static linnet_flags)
        set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${output})
        list(APPEND programs ${target})
    endforeach()
    add_custom_target(linnet_${folder} DEPENDS ${programs})
endfunction()
