# What the queue's peers share. A peer's own <name>.cmake says
#   cyclone_queue_peer(NAME HEADERS ... [LIBRARIES ...] [PROBED])
# and has the target cyclone_peer_<name>, if all headers and libraries are there. PROBED: the
# library's own headers may be too old or too new for this compiler, so the peer is tried first.
#
# A peer is not built for ThreadSanitizer: some synchronise by inline assembly, which it does not
# see, and what it says of the others is for their authors to read and not a verdict on this tree.
include_guard()
include(CheckCXXSourceCompiles)

function(cyclone_queue_peer name)
  cmake_parse_arguments(arg "PROBED" "" "HEADERS;LIBRARIES" ${ARGN})
  if(CYCLONE_SANITIZE MATCHES "thread" OR TARGET cyclone_peer_${name})
    return()
  endif()
  string(TOUPPER ${name} upper)
  set(folders "")
  foreach(header IN LISTS arg_HEADERS)
    string(MAKE_C_IDENTIFIER ${header} id)
    find_path(CYCLONE_PEER_PATH_${id} ${header})
    mark_as_advanced(CYCLONE_PEER_PATH_${id})
    if(NOT CYCLONE_PEER_PATH_${id})
      return()
    endif()
    list(APPEND folders ${CYCLONE_PEER_PATH_${id}})
  endforeach()
  set(libraries "")
  foreach(library IN LISTS arg_LIBRARIES)
    find_library(CYCLONE_PEER_LIBRARY_${library} NAMES ${library})
    mark_as_advanced(CYCLONE_PEER_LIBRARY_${library})
    if(NOT CYCLONE_PEER_LIBRARY_${library})
      return()
    endif()
    list(APPEND libraries ${CYCLONE_PEER_LIBRARY_${library}})
  endforeach()
  list(REMOVE_DUPLICATES folders)
  if(arg_PROBED)
    set(CMAKE_REQUIRED_INCLUDES
      ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR} ${folders})
    set(CMAKE_REQUIRED_LIBRARIES ${libraries})
    check_cxx_source_compiles("#include \"variants/queue/${name}.hpp\"
int main() {
    cyclone::queue::${name}<> queue(4, 0);
    return queue.try_push(1) && queue.try_pop() ? 0 : 1;
}" CYCLONE_PEER_BUILDS_${name})
    if(NOT CYCLONE_PEER_BUILDS_${name})
      return()
    endif()
  endif()
  find_package(Threads REQUIRED)
  add_library(cyclone_peer_${name} INTERFACE)
  target_include_directories(cyclone_peer_${name} SYSTEM INTERFACE ${folders})
  target_link_libraries(cyclone_peer_${name} INTERFACE ${libraries} Threads::Threads)
  # What is measured runs without a peer's assertions, as ours does without our own.
  target_compile_definitions(cyclone_peer_${name} INTERFACE CYCLONE_PEER_${upper}
    $<$<CONFIG:Release>:NDEBUG> $<$<CONFIG:Release>:BOOST_DISABLE_ASSERTS>)
endfunction()
