# DPDK says where it is and how it is compiled through pkg-config: its headers want rte_config.h
# before everything else, and the instruction set that the library was built for.
include(${CMAKE_CURRENT_LIST_DIR}/peers.cmake)
find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND AND NOT CYCLONE_SANITIZE MATCHES "thread" AND NOT TARGET cyclone_peer_rte_ring)
  pkg_check_modules(CYCLONE_DPDK QUIET IMPORTED_TARGET libdpdk)
  if(CYCLONE_DPDK_FOUND)
    set(CMAKE_REQUIRED_INCLUDES ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR})
    set(CMAKE_REQUIRED_LIBRARIES PkgConfig::CYCLONE_DPDK)
    check_cxx_source_compiles("#include \"variants/queue/rte_ring.hpp\"
int main() {
    cyclone::queue::rte_ring<> queue(4, 0);
    return queue.try_push(1) && queue.try_pop() ? 0 : 1;
}" CYCLONE_PEER_BUILDS_rte_ring)
    unset(CMAKE_REQUIRED_INCLUDES)
    unset(CMAKE_REQUIRED_LIBRARIES)
    if(CYCLONE_PEER_BUILDS_rte_ring)
      add_library(cyclone_peer_rte_ring INTERFACE)
      target_link_libraries(cyclone_peer_rte_ring INTERFACE PkgConfig::CYCLONE_DPDK)
      target_compile_definitions(cyclone_peer_rte_ring INTERFACE CYCLONE_PEER_RTE_RING
        $<$<CONFIG:Release>:NDEBUG>)
    endif()
  endif()
endif()
