# From a registry to a build. cyclone_component(timer) reads variants/timer/registry.def and, if
# CYCLONE_VARIANTS_DIR is set, its timer/registry.def, and makes of every line
#   - a registration, one translation unit each, collected in the library cyclone_timer_registry;
#   - a benchmark binary of its own, bench/timer/<name> (target bench_timer_<name>);
#   - the property CYCLONE_timer_NAMES, from which tests/ makes one set of CTest entries a variant.
# The controls floor and roof, where experiments/timer has their headers, become binaries as well.
# Adding a variant touches no file but its header and the registry. While one variant is worked on,
# -DCYCLONE_ONLY_<component>=name;name leaves all others but the oracle out of a build.

set(CYCLONE_NAME "([a-z][a-z0-9_]*)")
set(CYCLONE_TEXT "\"([^\";]*)\"")

# Splits one registry line; sets <out>_what, _name, _second, _note, _source. Fails with file:line.
function(cyclone_parse_registry_line line place out)
  set(what "")
  set(two_names "${CYCLONE_NAME}, *${CYCLONE_NAME}")
  set(two_texts "${CYCLONE_TEXT}, *${CYCLONE_TEXT}")
  if(line MATCHES "^(VARIANT|PEER|WRAPPER)\\(${two_names}, *${two_texts}\\)( *//.*)?$")
    set(what ${CMAKE_MATCH_1})
    set(${out}_name ${CMAKE_MATCH_2} PARENT_SCOPE)
    set(${out}_second ${CMAKE_MATCH_3} PARENT_SCOPE)
    set(${out}_note "${CMAKE_MATCH_4}" PARENT_SCOPE)
    set(${out}_source "${CMAKE_MATCH_5}" PARENT_SCOPE)
  elseif(line MATCHES "^MUTANT\\(${CYCLONE_NAME}, *([1-9][0-9]*), *${CYCLONE_TEXT}\\)( *//.*)?$")
    set(what MUTANT)
    set(${out}_name ${CMAKE_MATCH_1} PARENT_SCOPE)
    set(${out}_second ${CMAKE_MATCH_2} PARENT_SCOPE)
    set(${out}_note "${CMAKE_MATCH_3}" PARENT_SCOPE)
  else()
    message(FATAL_ERROR "${place}: not a registry line: ${line}\n"
      "expected VARIANT(name, kind, \"note\", \"bibliography key\"), PEER(name, kind, \"note\", "
      "\"Debian package\"), WRAPPER(name, inner, \"note\", \"bibliography key\") or "
      "MUTANT(variant, number, \"what it breaks\"), without semicolons")
  endif()
  set(${out}_what ${what} PARENT_SCOPE)
endfunction()

# Reads the lines of one registry into global properties CYCLONE_<component>_*.
function(cyclone_read_registry component folder)
  set(file ${folder}/${component}/registry.def)
  if(NOT EXISTS ${file})
    return()
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(STRINGS ${file} lines)
  set(number 0)
  set(only ${CYCLONE_ONLY_${component}})
  foreach(line IN LISTS lines)
    math(EXPR number "${number} + 1")
    string(STRIP "${line}" line)
    if(line STREQUAL "" OR line MATCHES "^//")
      continue()
    endif()
    cyclone_parse_registry_line("${line}" "${file}:${number}" row)
    set(prefix CYCLONE_${component}_${row_name})
    if(row_what STREQUAL "MUTANT")
      set_property(GLOBAL APPEND PROPERTY ${prefix}_MUTANTS "${row_second}")
      set_property(GLOBAL PROPERTY ${prefix}_MUTANT_${row_second} "${row_note}")
      continue()
    endif()
    get_property(names GLOBAL PROPERTY CYCLONE_${component}_NAMES)
    if(only AND names AND NOT row_name IN_LIST only)
      continue()  # the first is the oracle, which is always there
    endif()
    if(row_name IN_LIST names)
      message(FATAL_ERROR "${file}:${number}: ${row_name} is registered twice; choose another name")
    endif()
    set(header ${folder}/${component}/${row_name}.hpp)
    if(NOT EXISTS ${header})
      message(FATAL_ERROR "${file}:${number}: ${row_name} has no header; expected ${header}")
    endif()
    if(row_what STREQUAL "PEER")
      cyclone_find_peer(${component} ${folder} ${row_name} found)
      if(NOT found)
        message(STATUS "${component}: peer ${row_name} left out: package ${row_source} not found")
        continue()
      endif()
    endif()
    set_property(GLOBAL APPEND PROPERTY CYCLONE_${component}_NAMES ${row_name})
    set_property(GLOBAL PROPERTY ${prefix}_WHAT ${row_what})
    set_property(GLOBAL PROPERTY ${prefix}_SECOND ${row_second})
    set_property(GLOBAL PROPERTY ${prefix}_NOTE "${row_note}")
    set_property(GLOBAL PROPERTY ${prefix}_SOURCE "${row_source}")
    set_property(GLOBAL PROPERTY ${prefix}_HEADER ${header})
  endforeach()
endfunction()

# A peer's <name>.cmake defines the target cyclone_peer_<name> if the library is there.
function(cyclone_find_peer component folder name out)
  include(${folder}/${component}/${name}.cmake)
  if(TARGET cyclone_peer_${name})
    set(${out} TRUE PARENT_SCOPE)
  else()
    set(${out} FALSE PARENT_SCOPE)
  endif()
endfunction()

# Writes a file only if its content changes, so that nothing is rebuilt without need.
function(cyclone_generate path content)
  file(CONFIGURE OUTPUT ${path} CONTENT "${content}" @ONLY)
endfunction()

# The C++ name of a row as a template of Work and Mutant.
function(cyclone_row_type component name work mutant out)
  set(prefix CYCLONE_${component}_${name})
  get_property(what GLOBAL PROPERTY ${prefix}_WHAT)
  get_property(second GLOBAL PROPERTY ${prefix}_SECOND)
  if(what STREQUAL "WRAPPER")
    set(${out} "${name}<${second}<${work}>, ${work}, ${mutant}>" PARENT_SCOPE)
  else()
    set(${out} "${name}<${work}, ${mutant}>" PARENT_SCOPE)
  endif()
endfunction()

function(cyclone_row_includes component name out)
  set(prefix CYCLONE_${component}_${name})
  get_property(header GLOBAL PROPERTY ${prefix}_HEADER)
  set(text "#include \"${header}\"\n")
  get_property(what GLOBAL PROPERTY ${prefix}_WHAT)
  if(what STREQUAL "WRAPPER")
    get_property(inner GLOBAL PROPERTY ${prefix}_SECOND)
    get_property(inner_header GLOBAL PROPERTY CYCLONE_${component}_${inner}_HEADER)
    if(NOT inner_header)
      message(FATAL_ERROR "wrapper ${name}: its inner variant ${inner} is not registered above it")
    endif()
    string(APPEND text "#include \"${inner_header}\"\n")
  endif()
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# gen/<component>/<name>/registration.cpp: the row of the type-erased registry.
function(cyclone_generate_registration component name path)
  set(prefix CYCLONE_${component}_${name})
  foreach(field WHAT SECOND NOTE SOURCE MUTANTS)
    get_property(${field} GLOBAL PROPERTY ${prefix}_${field})
  endforeach()
  string(TOLOWER ${WHAT} role)
  cyclone_row_includes(${component} ${name} includes)
  cyclone_row_type(${component} ${name} counted_work 0 type)
  set(kind ${SECOND})
  if(WHAT STREQUAL "WRAPPER")
    get_property(kind GLOBAL PROPERTY CYCLONE_${component}_${SECOND}_SECOND)
  endif()
  set(mutants "")
  foreach(number IN LISTS MUTANTS)
    get_property(breaks GLOBAL PROPERTY ${prefix}_MUTANT_${number})
    cyclone_row_type(${component} ${name} counted_work ${number} mutant)
    string(APPEND mutants "    mutant{${number}, \"${breaks}\", &make_any<${mutant}>},\n")
  endforeach()
  list(LENGTH MUTANTS count)
  cyclone_generate(${path} "// Generated from the registry.
${includes}#include \"${component}/registry.hpp\"

#include <array>

namespace cyclone::${component} {
namespace {
const std::array<mutant, ${count}> k_mutants{{
${mutants}}};
}  // namespace
extern const registration registration_${name};
const registration registration_${name}{\"${name}\", role::${role}, \"${kind}\", \"${NOTE}\",
                                        \"${SOURCE}\", &make_any<${type}>, k_mutants};
}  // namespace cyclone::${component}
")
endfunction()

# gen/<component>/<name>/subject.hpp: what bench.cpp is compiled for.
function(cyclone_generate_subject
         path component name kind note source includes type is_control)
  cyclone_generate(${path} "// Generated from the registry.
#pragma once
${includes}
namespace cyclone::${component} {
template <class Work>
using subject = ${type};
inline constexpr const char* k_subject_name = \"${name}\";
inline constexpr const char* k_subject_kind = \"${kind}\";
inline constexpr const char* k_subject_note = \"${note}\";
inline constexpr const char* k_subject_source = \"${source}\";
inline constexpr bool k_is_control = ${is_control};  // floor and roof: not variants
}  // namespace cyclone::${component}
")
endfunction()

function(cyclone_add_bench component name folder)
  set(target bench_${component}_${name})
  add_executable(${target} EXCLUDE_FROM_ALL
    ${PROJECT_SOURCE_DIR}/experiments/${component}/bench.cpp)
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench/${component})
  target_include_directories(${target} PRIVATE ${folder})
  target_link_libraries(${target} PRIVATE cyclone_bench cyclone_${component} cyclone_options)
  if(TARGET cyclone_peer_${name})
    target_link_libraries(${target} PRIVATE cyclone_peer_${name})
  endif()
  add_dependencies(${target} cyclone_allocations)
  add_dependencies(bench_${component} ${target})
endfunction()

# A control of the measurements, in the place of a variant: built if the component has its header.
function(cyclone_add_control component name kind note)
  set(header experiments/${component}/${name}.hpp)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/experiments/${component})
  if(NOT EXISTS ${PROJECT_SOURCE_DIR}/${header})
    return()
  endif()
  set(gen ${PROJECT_BINARY_DIR}/gen/${component})
  cyclone_generate_subject(${gen}/${name}/subject.hpp ${component} ${name} ${kind} "${note}" ""
    "#include \"${header}\"\n" "${name}<Work>" true)
  cyclone_add_bench(${component} ${name} ${gen}/${name})
endfunction()

# cyclone_test_units(component unit [PEERS] out): for suites that need the rows as templates and not
# as the registry makes them. A file a row, gen/<component>/<name>/<unit>.cpp, from the template
# <unit>_unit of tests/<component>/<unit>.hpp, and the table of them; `out` is all of these files.
# Into each goes what tests/<component>/known/<name>.hpp says (knowledge.hpp), and what is in
# known/<name>.<scenes>.hpp, if there is one. PEERS: those have a line in the table too, but only
# what is known of them: their header is not looked at.
function(cyclone_test_units component unit)
  cmake_parse_arguments(arg "PEERS" "" "" ${ARGN})
  list(GET arg_UNPARSED_ARGUMENTS 0 out)
  set(gen ${PROJECT_BINARY_DIR}/gen/${component})
  set(home ${PROJECT_SOURCE_DIR}/tests/${component}/known)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${home})
  get_property(names GLOBAL PROPERTY CYCLONE_${component}_NAMES)
  set(files "")
  set(declarations "")
  set(lines "")
  foreach(name IN LISTS names)
    get_property(what GLOBAL PROPERTY CYCLONE_${component}_${name}_WHAT)
    if(what STREQUAL "PEER" AND NOT arg_PEERS)
      continue()
    endif()
    cyclone_generate_unit(${component} ${unit} ${name} ${what} ${home} ${gen}/${name}/${unit}.cpp)
    list(APPEND files ${gen}/${name}/${unit}.cpp)
    string(APPEND declarations "extern const ${unit}_subject ${unit}_${name};\n")
    string(APPEND lines "    &${unit}_${name},\n")
  endforeach()
  list(LENGTH files count)
  cyclone_generate(${gen}/${unit}_table.cpp "// Generated from the registry.
#include \"${component}/${unit}.hpp\"

namespace cyclone::${component}::test {
${declarations}
std::span<const ${unit}_subject* const> ${unit}_subjects() {
    static constexpr std::array<const ${unit}_subject*, ${count}> k_all{
${lines}    };
    return k_all;
}
}  // namespace cyclone::${component}::test
")
  # Seeded bugs are in these, and some of them gcc sees by itself.
  set_source_files_properties(${files} PROPERTIES COMPILE_OPTIONS
    "$<$<CXX_COMPILER_ID:GNU>:-Wno-use-after-free>")
  set(${out} ${files} ${gen}/${unit}_table.cpp PARENT_SCOPE)
endfunction()

function(cyclone_generate_unit component unit name what home path)
  # What known/<name>.hpp defines has one name in all of these files, and here one of its own. So
  # has all else here: gcc 12 takes templates over equal names for one, in unnamed namespaces too.
  set(known "#include \"${component}/knowledge.hpp\"
namespace cyclone::${component}::test {
inline const knowledge known_${name}{};
}")
  if(EXISTS ${home}/${name}.hpp)
    set(known "#define k_known known_${name}\n#include \"${component}/known/${name}.hpp\"")
  endif()
  if(what STREQUAL "PEER")
    cyclone_generate(${path} "// Generated from the registry.
${known}
#include \"${component}/${unit}.hpp\"

namespace cyclone::${component}::test {
extern const ${unit}_subject ${unit}_${name};
constinit const ${unit}_subject ${unit}_${name}{.name = \"${name}\", .known = known_${name}};
}  // namespace cyclone::${component}::test
")
    return()
  endif()
  cyclone_row_includes(${component} ${name} includes)
  cyclone_row_type(${component} ${name} no_work Mutant type)
  string(REGEX REPLACE ">$" ", Sync, T>" type "${type}")
  get_property(numbers GLOBAL PROPERTY CYCLONE_${component}_${name}_MUTANTS)
  list(PREPEND numbers 0)
  list(JOIN numbers ", " numbers)
  set(scenes stalled)
  if(unit STREQUAL "modelled")
    set(scenes explored)
  endif()
  set(more nullptr)
  if(EXISTS ${home}/${name}.${scenes}.hpp)
    string(APPEND includes "#include \"${component}/known/${name}.${scenes}.hpp\"\n")
    set(more "&${scenes}_of_${name}<Mutant>")
  endif()
  cyclone_generate(${path} "// Generated from the registry.
${known}
#include \"${component}/${unit}.hpp\"
${includes}
namespace cyclone::${component}::test {
template <int Mutant, class Sync, class T>
using row_${name} = ${type};
template <int Mutant>
struct more_${name} {
    static constexpr decltype(${scenes}_row::more) k_is = ${more};
};
extern const ${unit}_subject ${unit}_${name};
constinit const ${unit}_subject ${unit}_${name} =
    ${unit}_unit<row_${name}, more_${name}, ${numbers}>::of_name(\"${name}\", known_${name});
}  // namespace cyclone::${component}::test
")
endfunction()

# The rows of a registry as one function: gen/<component>/<file>.
function(cyclone_generate_rows component path names)
  set(declarations "")
  set(rows "")
  foreach(name IN LISTS names)
    string(APPEND declarations "extern const registration registration_${name};\n")
    string(APPEND rows "        registration_${name},\n")
  endforeach()
  cyclone_generate(${path} "// Generated from the registry.
#include \"${component}/registry.hpp\"

#include <vector>

namespace cyclone::${component} {
${declarations}
std::span<const registration> registry() {
    static const std::vector<registration> rows{
${rows}    };
    return rows;
}
}  // namespace cyclone::${component}
")
endfunction()

function(cyclone_component component)
  cyclone_read_registry(${component} ${PROJECT_SOURCE_DIR}/variants)
  if(CYCLONE_VARIANTS_DIR)
    if(NOT IS_DIRECTORY ${CYCLONE_VARIANTS_DIR})
      message(FATAL_ERROR "CYCLONE_VARIANTS_DIR: no folder ${CYCLONE_VARIANTS_DIR}")
    endif()
    cyclone_read_registry(${component} ${CYCLONE_VARIANTS_DIR})
  endif()
  get_property(names GLOBAL PROPERTY CYCLONE_${component}_NAMES)
  set(gen ${PROJECT_BINARY_DIR}/gen/${component})
  set(sources "")
  foreach(name IN LISTS names)
    cyclone_generate_registration(${component} ${name} ${gen}/${name}/registration.cpp)
    list(APPEND sources ${gen}/${name}/registration.cpp)
  endforeach()
  cyclone_generate_rows(${component} ${gen}/registry.cpp "${names}")
  add_library(cyclone_${component}_registry STATIC EXCLUDE_FROM_ALL ${gen}/registry.cpp ${sources})
  target_link_libraries(cyclone_${component}_registry PUBLIC cyclone_${component}
                                                      PRIVATE cyclone_options)
  # The registry holds the seeded bugs, and some of them gcc sees by itself.
  target_compile_options(cyclone_${component}_registry PRIVATE
    $<$<CXX_COMPILER_ID:GNU>:-Wno-use-after-free>)
  foreach(name IN LISTS names)
    if(TARGET cyclone_peer_${name})
      target_link_libraries(cyclone_${component}_registry PUBLIC cyclone_peer_${name})
    endif()
  endforeach()

  if(CYCLONE_BENCH)
    add_custom_target(bench_${component})
    foreach(name IN LISTS names)
      set(prefix CYCLONE_${component}_${name})
      foreach(field WHAT SECOND NOTE SOURCE)
        get_property(${field} GLOBAL PROPERTY ${prefix}_${field})
      endforeach()
      cyclone_row_includes(${component} ${name} includes)
      cyclone_row_type(${component} ${name} Work 0 type)
      cyclone_generate_subject(${gen}/${name}/subject.hpp ${component} ${name} ${SECOND} "${NOTE}"
        "${SOURCE}" "${includes}" "${type}" false)
      cyclone_add_bench(${component} ${name} ${gen}/${name})
    endforeach()
    list(GET names 0 oracle)
    get_property(kind GLOBAL PROPERTY CYCLONE_${component}_${oracle}_SECOND)
    cyclone_add_control(${component} floor ${kind} "the harness with nothing in it")
    cyclone_add_control(${component} roof ${kind} "what no variant does without")
  endif()
endfunction()
