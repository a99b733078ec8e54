# xenium is headers.
include(${CMAKE_CURRENT_LIST_DIR}/peers.cmake)
cyclone_queue_peer(xenium_vyukov_weak HEADERS xenium/vyukov_bounded_queue.hpp PROBED)
