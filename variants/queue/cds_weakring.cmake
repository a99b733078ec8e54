# libcds: headers, and a library.
include(${CMAKE_CURRENT_LIST_DIR}/peers.cmake)
cyclone_queue_peer(cds_weakring HEADERS cds/container/weak_ringbuffer.h LIBRARIES cds PROBED)
