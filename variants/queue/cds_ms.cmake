# libcds: headers, and a library that knows the threads and their hazard pointers.
include(${CMAKE_CURRENT_LIST_DIR}/peers.cmake)
cyclone_queue_peer(cds_ms HEADERS cds/container/msqueue.h LIBRARIES cds PROBED)
