# Compiler settings, in one place: every target of the tree links cyclone_options.
add_library(cyclone_options INTERFACE)
target_compile_options(cyclone_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-parentheses)
if(CYCLONE_WERROR)
  target_compile_options(cyclone_options INTERFACE -Werror)
endif()
if(CYCLONE_SANITIZE)
  target_compile_options(cyclone_options INTERFACE
    -fsanitize=${CYCLONE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(cyclone_options INTERFACE -fsanitize=${CYCLONE_SANITIZE})
endif()
if(CYCLONE_FUZZ)
  target_compile_options(cyclone_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(CYCLONE_LAYOUT)
  target_compile_options(cyclone_options INTERFACE -ffunction-sections)
endif()

string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
string(STRIP "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${type}}" flags)
target_compile_definitions(cyclone_options INTERFACE
  CYCLONE_CHECK=${CYCLONE_CHECK}
  CYCLONE_PRESET="${CYCLONE_PRESET}"
  CYCLONE_FLAGS="${flags}"
  CYCLONE_BUILD_TYPE="${CMAKE_BUILD_TYPE}")
