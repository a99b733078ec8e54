# libev, linked statically with its clock and its epoll_wait() renamed to ours: a loop iteration
# then makes no system call and time is what the adapter says. Its imitation of libevent is left
# out, since the real one may be linked beside it.
find_path(CYCLONE_EV_INCLUDE ev.h)
find_library(CYCLONE_EV_ARCHIVE NAMES libev.a)
if(CYCLONE_EV_INCLUDE AND CYCLONE_EV_ARCHIVE AND CMAKE_OBJCOPY)
  set(CYCLONE_EV_VIRTUAL ${PROJECT_BINARY_DIR}/gen/timer/libev_heap/libev_virtual.a)
  add_custom_command(OUTPUT ${CYCLONE_EV_VIRTUAL}
    COMMAND ${CMAKE_OBJCOPY} --redefine-sym clock_gettime=cyclone_libev_clock_gettime
            --redefine-sym gettimeofday=cyclone_libev_gettimeofday
            --redefine-sym epoll_wait=cyclone_libev_epoll_wait
            ${CYCLONE_EV_ARCHIVE} ${CYCLONE_EV_VIRTUAL}
    COMMAND ${CMAKE_AR} d ${CYCLONE_EV_VIRTUAL} event.o
    DEPENDS ${CYCLONE_EV_ARCHIVE} VERBATIM)
  add_custom_target(cyclone_libev_archive DEPENDS ${CYCLONE_EV_VIRTUAL})
  add_library(cyclone_peer_libev_heap INTERFACE)
  add_dependencies(cyclone_peer_libev_heap cyclone_libev_archive)
  target_include_directories(cyclone_peer_libev_heap SYSTEM INTERFACE ${CYCLONE_EV_INCLUDE})
  target_link_libraries(cyclone_peer_libev_heap INTERFACE ${CYCLONE_EV_VIRTUAL} m)
endif()
