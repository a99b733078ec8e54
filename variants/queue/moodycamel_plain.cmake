# One header.
include(${CMAKE_CURRENT_LIST_DIR}/peers.cmake)
cyclone_queue_peer(moodycamel_plain HEADERS concurrentqueue/concurrentqueue.h)
