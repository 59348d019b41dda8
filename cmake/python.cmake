# The Python packages, ready to import from build/python. Each folder of bindings/python/ that has C files is a package
# whose extension is called _NAME.abi3.so: it is built for the stable ABI, so it serves Python 3.11 and all later ones.
# Python files are copied beside it as they are.
find_package(Python3 3.11 COMPONENTS Interpreter Development.Module)
if(NOT Python3_Development.Module_FOUND)
    message(STATUS "Python's headers are not there: the Python packages are not built (Debian package python3-dev)")
    return()
endif()
set(python_source ${PROJECT_SOURCE_DIR}/bindings/python)
set(python_output ${PROJECT_BINARY_DIR}/python)

function(linnet_python_extension package)
    file(GLOB sources CONFIGURE_DEPENDS ${python_source}/${package}/*.c)
    if(NOT sources)
        return()
    endif()
    set(target python_${package})
    Python3_add_library(${target} MODULE ${sources})
    linnet_use_system(${target})
    target_compile_definitions(${target} PRIVATE Py_LIMITED_API=0x030B0000)
    target_link_libraries(${target} PRIVATE linnet_static linnet_flags)
    # The library inside is the extension's own: two extensions in one process do not see each other's.
    target_link_options(${target} PRIVATE -Wl,--exclude-libs,ALL)
    # Python's method tables want casts between function types, and its headers are not ours to mend.
    set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS "-Wno-cast-function-type;-Wno-pedantic")
    set_target_properties(${target} PROPERTIES PREFIX "" OUTPUT_NAME _${package} SUFFIX .abi3.so
                          C_VISIBILITY_PRESET hidden LIBRARY_OUTPUT_DIRECTORY ${python_output}/${package})
    add_dependencies(linnet_python ${target})
endfunction()

file(GLOB_RECURSE python_files CONFIGURE_DEPENDS RELATIVE ${python_source} ${python_source}/*.py ${python_source}/*.pyi
     ${python_source}/py.typed)
list(REMOVE_ITEM python_files setup.py)
set(copies)
foreach(file IN LISTS python_files)
    add_custom_command(OUTPUT ${python_output}/${file}
        COMMAND ${CMAKE_COMMAND} -E copy ${python_source}/${file} ${python_output}/${file}
        DEPENDS ${python_source}/${file} VERBATIM)
    list(APPEND copies ${python_output}/${file})
endforeach()
add_custom_target(linnet_python DEPENDS ${copies})

file(GLOB packages RELATIVE ${python_source} CONFIGURE_DEPENDS ${python_source}/*)
foreach(package IN LISTS packages)
    if(IS_DIRECTORY ${python_source}/${package})
        linnet_python_extension(${package})
    endif()
endforeach()
