# libevent, linked statically with its clocks and its epoll_wait() renamed to ours: a loop turn
# then makes no system call and time is what the adapter says. libevent_common shares it.
find_path(CYCLONE_EVENT_INCLUDE event2/event.h)
find_library(CYCLONE_EVENT_ARCHIVE NAMES libevent_core.a)
if(CYCLONE_EVENT_INCLUDE AND CYCLONE_EVENT_ARCHIVE AND CMAKE_OBJCOPY)
  set(CYCLONE_EVENT_VIRTUAL ${PROJECT_BINARY_DIR}/gen/timer/libevent_heap/libevent_virtual.a)
  add_custom_command(OUTPUT ${CYCLONE_EVENT_VIRTUAL}
    COMMAND ${CMAKE_OBJCOPY} --redefine-sym clock_gettime=cyclone_libevent_clock_gettime
            --redefine-sym gettimeofday=cyclone_libevent_gettimeofday
            --redefine-sym epoll_wait=cyclone_libevent_epoll_wait
            ${CYCLONE_EVENT_ARCHIVE} ${CYCLONE_EVENT_VIRTUAL}
    DEPENDS ${CYCLONE_EVENT_ARCHIVE} VERBATIM)
  add_custom_target(cyclone_libevent_archive DEPENDS ${CYCLONE_EVENT_VIRTUAL})
  add_library(cyclone_peer_libevent_heap INTERFACE)
  add_dependencies(cyclone_peer_libevent_heap cyclone_libevent_archive)
  target_include_directories(cyclone_peer_libevent_heap SYSTEM INTERFACE ${CYCLONE_EVENT_INCLUDE})
  target_link_libraries(cyclone_peer_libevent_heap INTERFACE ${CYCLONE_EVENT_VIRTUAL})
endif()
