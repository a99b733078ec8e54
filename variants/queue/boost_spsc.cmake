# Boost.Lockfree is headers.
include(${CMAKE_CURRENT_LIST_DIR}/peers.cmake)
cyclone_queue_peer(boost_spsc HEADERS boost/lockfree/spsc_queue.hpp)
