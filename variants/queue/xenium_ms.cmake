# xenium is headers.
include(${CMAKE_CURRENT_LIST_DIR}/peers.cmake)
cyclone_queue_peer(xenium_ms HEADERS xenium/michael_scott_queue.hpp PROBED)
