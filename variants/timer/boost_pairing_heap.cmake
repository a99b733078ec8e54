# Boost.Heap again, as boost_dary_heap, which the registry names before, has found it.
if(TARGET cyclone_peer_boost_dary_heap)
  add_library(cyclone_peer_boost_pairing_heap INTERFACE)
  target_link_libraries(cyclone_peer_boost_pairing_heap INTERFACE cyclone_peer_boost_dary_heap)
endif()
