# Boost.Heap is headers. What is measured runs without Boost's assertions, as ours does without
# our own.
find_path(CYCLONE_BOOST_HEAP_INCLUDE boost/heap/d_ary_heap.hpp)
if(CYCLONE_BOOST_HEAP_INCLUDE)
  add_library(cyclone_peer_boost_dary_heap INTERFACE)
  target_include_directories(cyclone_peer_boost_dary_heap SYSTEM INTERFACE
    ${CYCLONE_BOOST_HEAP_INCLUDE})
  target_compile_definitions(cyclone_peer_boost_dary_heap INTERFACE
    $<$<CONFIG:Release>:BOOST_DISABLE_ASSERTS>)
endif()
