# Each tests/unit/*_test.c and tests/simulation/*_test.c is one cmocka program, known to ctest as unit/NAME or
# simulation/NAME. The other C files of tests/unit, tests/simulation and tests/support are shared by all of them.
# A *_memory_test.c has __wrap_malloc() and its like, which stand before those of the system and can fail.
# A *_threads_test.c carries the label "threads": ./dev test runs it under ThreadSanitizer too.
pkg_check_modules(CMOCKA IMPORTED_TARGET cmocka)
if(NOT CMOCKA_FOUND)
    message(STATUS "cmocka is not installed: unit tests are not built (Debian package libcmocka-dev)")
    return()
endif()

file(GLOB support CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/support/*.c ${PROJECT_SOURCE_DIR}/tests/unit/*.c
     ${PROJECT_SOURCE_DIR}/tests/simulation/*.c)
list(FILTER support EXCLUDE REGEX "_test\\.c$")
set(secured "/(security_|dtls_|net_secured_|secured_pair|test_certificates)") # of coaps://
if(NOT LINNET_DTLS)
    list(FILTER support EXCLUDE REGEX ${secured})
endif()

set(test_libraries)
if(TARGET linnet_cli)
    list(APPEND test_libraries linnet_cli)
endif()
if(LINNET_DTLS) # certificates for tests are made by GnuTLS
    list(APPEND test_libraries PkgConfig::LINNET_TLS)
endif()
list(APPEND test_libraries linnet_static PkgConfig::CMOCKA linnet_flags)

function(linnet_test_settings target)
    linnet_use_system(${target})
    target_compile_definitions(${target} PRIVATE $<$<BOOL:${LINNET_POSIX_NET}>:LINNET_POSIX_NET> $<$<BOOL:${LINNET_SMALL}>:LINNET_SMALL>
        LINNET_TEST_DIR="${PROJECT_SOURCE_DIR}/tests")
    target_include_directories(${target} PRIVATE
        ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(${target} PRIVATE ${test_libraries})
endfunction()

if(support)
    add_library(linnet_test_support STATIC ${support})
    linnet_test_settings(linnet_test_support)
    list(PREPEND test_libraries linnet_test_support)
endif()

set(programs)
set(threads_programs)
foreach(kind unit simulation)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${kind}/*_test.c)
    if(NOT LINNET_DTLS)
        list(FILTER sources EXCLUDE REGEX ${secured})
    endif()
    if(LINNET_POSIX_NET) # the others see nothing of it
        list(FILTER sources INCLUDE REGEX "/(net|module)_")
    endif()
    foreach(source IN LISTS sources)
        cmake_path(GET source STEM name)
        set(target ${kind}_${name})
        add_executable(${target} ${source})
        linnet_test_settings(${target})
        set_target_properties(${target} PROPERTIES
            OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests/${kind})
        add_test(NAME ${kind}/${name} COMMAND ${target} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
        if(name MATCHES "_memory_test$")
            foreach(function malloc calloc realloc strdup mmap epoll_create1 eventfd socket)
                target_link_options(${target} PRIVATE -Wl,--wrap=${function})
            endforeach()
        endif()
        set(labels ${kind})
        if(name MATCHES "_threads_test$")
            list(APPEND labels threads)
            list(APPEND threads_programs ${target})
        endif()
        set_tests_properties(${kind}/${name} PROPERTIES LABELS "${labels}" TIMEOUT 240)
        list(APPEND programs ${target})
    endforeach()
endforeach()
add_custom_target(linnet_tests DEPENDS ${programs})
add_custom_target(linnet_threads_tests DEPENDS ${threads_programs})
