# cmake --install puts the headers, the contracts and the variants where find_package(cyclone) finds
# them. Headers only: nothing to link but fmt, which the contracts do not need.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS cyclone EXPORT cyclone-targets)
foreach(room base timer counter clock sleep)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/src/${room} DESTINATION include/cyclone
          FILES_MATCHING PATTERN "*.hpp" PATTERN "registry.hpp" EXCLUDE
          PATTERN "lockstep.hpp" EXCLUDE PATTERN "program.hpp" EXCLUDE
          PATTERN "check.hpp" EXCLUDE PATTERN "reference.hpp" EXCLUDE)
endforeach()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/variants/timer ${PROJECT_SOURCE_DIR}/variants/counter
                  ${PROJECT_SOURCE_DIR}/variants/clock ${PROJECT_SOURCE_DIR}/variants/sleep
        DESTINATION include/cyclone/variants
        FILES_MATCHING PATTERN "*.hpp" PATTERN "lib*.hpp" EXCLUDE
        PATTERN "boost_*.hpp" EXCLUDE)
install(EXPORT cyclone-targets NAMESPACE cyclone:: DESTINATION lib/cmake/cyclone)

file(WRITE ${PROJECT_BINARY_DIR}/cyclone-config.cmake.in
  "@PACKAGE_INIT@\ninclude(\"\${CMAKE_CURRENT_LIST_DIR}/cyclone-targets.cmake\")\n")
configure_package_config_file(${PROJECT_BINARY_DIR}/cyclone-config.cmake.in
  ${PROJECT_BINARY_DIR}/cyclone-config.cmake INSTALL_DESTINATION lib/cmake/cyclone)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/cyclone-config-version.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/cyclone-config.cmake
              ${PROJECT_BINARY_DIR}/cyclone-config-version.cmake DESTINATION lib/cmake/cyclone)
