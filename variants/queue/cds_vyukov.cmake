# libcds: headers, and a library.
include(${CMAKE_CURRENT_LIST_DIR}/peers.cmake)
cyclone_queue_peer(cds_vyukov HEADERS cds/container/vyukov_mpmc_cycle_queue.h LIBRARIES cds PROBED)
