# One header.
include(${CMAKE_CURRENT_LIST_DIR}/peers.cmake)
cyclone_queue_peer(moodycamel HEADERS concurrentqueue/concurrentqueue.h)
