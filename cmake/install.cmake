# What `cmake --install` puts in place: libraries, headers, the command, linnet.pc, the CMake package, man pages and
# completions. linnet.pc and the package find their prefix from where they lie, so any --prefix works.
install(TARGETS linnet_static linnet_shared EXPORT linnet
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
if(TARGET linnet_command)
    install(TARGETS linnet_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig
           OUTPUT_VARIABLE LINNET_PREFIX_FROM_PC)
configure_file(linnet.pc.in linnet.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/linnet.pc DESTINATION ${pkgconfig_dir})

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/linnet)
configure_package_config_file(cmake/linnet-config.cmake.in linnet-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(linnet-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/linnet-config.cmake ${PROJECT_BINARY_DIR}/linnet-config-version.cmake
        DESTINATION ${package_dir})
install(EXPORT linnet NAMESPACE linnet:: FILE linnet-targets.cmake DESTINATION ${package_dir})

file(GLOB man_pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/man/*.1)
install(FILES ${man_pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
foreach(completion "linnet.bash:bash-completion/completions:linnet" "_linnet:zsh/site-functions:_linnet"
        "linnet.fish:fish/vendor_completions.d:linnet.fish")
    string(REPLACE ":" ";" completion ${completion})
    list(GET completion 0 file)
    list(GET completion 1 folder)
    list(GET completion 2 name)
    install(FILES ${PROJECT_SOURCE_DIR}/completions/${file} DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder}
            RENAME ${name} OPTIONAL)
endforeach()
