# libevent again: the archive that libevent_heap, which the registry names before, has made.
if(TARGET cyclone_peer_libevent_heap)
  add_library(cyclone_peer_libevent_common INTERFACE)
  target_link_libraries(cyclone_peer_libevent_common INTERFACE cyclone_peer_libevent_heap)
endif()
