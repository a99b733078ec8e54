# libuv, linked statically: the archive keeps uv__run_timers() reachable, which the shared library
# hides, so that the loop's timers can run without its system calls.
find_path(CYCLONE_UV_INCLUDE uv.h)
find_library(CYCLONE_UV_ARCHIVE NAMES libuv_a.a libuv.a)
if(CYCLONE_UV_INCLUDE AND CYCLONE_UV_ARCHIVE)
  find_package(Threads REQUIRED)
  add_library(cyclone_peer_libuv_heap INTERFACE)
  target_include_directories(cyclone_peer_libuv_heap SYSTEM INTERFACE ${CYCLONE_UV_INCLUDE})
  target_link_libraries(cyclone_peer_libuv_heap INTERFACE
    ${CYCLONE_UV_ARCHIVE} Threads::Threads dl rt)
endif()
