# Concurrency Kit's rings are headers, written in C: whether they pass as C++ is tried.
include(${CMAKE_CURRENT_LIST_DIR}/peers.cmake)
cyclone_queue_peer(ck_ring_mpmc HEADERS ck_ring.h PROBED)
