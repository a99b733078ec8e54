# xenium is headers.
include(${CMAKE_CURRENT_LIST_DIR}/peers.cmake)
cyclone_queue_peer(xenium_vyukov HEADERS xenium/vyukov_bounded_queue.hpp PROBED)
