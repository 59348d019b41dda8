# Compiler flags that every target of Linnet shares, as one interface library.
add_library(linnet_flags INTERFACE)
target_compile_options(linnet_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
    # A function of this library is never replaced at run time, so the compiler may inline it.
    -fno-semantic-interposition)

if(LINNET_WERROR)
    target_compile_options(linnet_flags INTERFACE -Werror)
endif()

set(linnet_sanitizers "${LINNET_SANITIZE}")
if(LINNET_FUZZ)
    set(linnet_sanitizers "address,undefined")
    target_compile_options(linnet_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(linnet_sanitizers)
    target_compile_options(linnet_flags INTERFACE -O1 -g -fno-omit-frame-pointer
        -fsanitize=${linnet_sanitizers} -fno-sanitize-recover=all)
    target_link_options(linnet_flags INTERFACE -fsanitize=${linnet_sanitizers})
endif()

# Code that talks to Linux: gnu11 with every extension. Empty, so that a file may also say "#define _GNU_SOURCE".
function(linnet_use_system target)
    set_target_properties(${target} PROPERTIES C_EXTENSIONS ON)
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE=)
endfunction()
