# oneTBB: headers, and a library for memory and for sleeping.
include(${CMAKE_CURRENT_LIST_DIR}/peers.cmake)
cyclone_queue_peer(tbb_queue HEADERS oneapi/tbb/concurrent_queue.h LIBRARIES tbb)
