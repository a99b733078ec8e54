# liburcu's wfcqueue.h; its calls are inlined, as _LGPL_SOURCE allows, so nothing is linked.
include(${CMAKE_CURRENT_LIST_DIR}/peers.cmake)
cyclone_queue_peer(urcu_wfc HEADERS urcu/wfcqueue.h PROBED)
