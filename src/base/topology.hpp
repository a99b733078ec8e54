#pragma once
// What the machine looks like: online CPUs, cores with their SMT siblings, caches, NUMA nodes.
// Read from a sysfs tree whose root is an argument, so that tests feed trees of other machines.
//
// Virtual machines, containers and kernels without NUMA leave parts out. A part that is absent is
// a value: `cores`, `caches` and `nodes` are results with the reason, single figures are optional.
// Without nodes a caller treats the machine as one node of all CPUs. Reading fails as a whole only
// when even the list of CPUs cannot be read.
//
// Cost: some ten small files per CPU; read once at start. Thread safety: no shared state.
// Heterogeneous machines: CPU kinds are known where the kernel registers them as separate PMUs
// (cpu_core, cpu_atom); elsewhere `kind` is empty.

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace cyclone {

using cpu_list = std::vector<unsigned>;  // CPU numbers, ascending, each once

enum class core_kind : std::uint8_t { performance, efficiency };
enum class cache_kind : std::uint8_t { data, instruction, unified };

struct core {
    cpu_list cpus;                    // its hardware threads: two or more with SMT
    std::optional<unsigned> package;  // the socket
    std::optional<core_kind> kind;    // only on hybrid machines
};

struct cache {
    unsigned level;  // 1 is nearest
    cache_kind kind;
    cpu_list cpus;  // who shares it
    std::optional<std::uint64_t> size_bytes;
    std::optional<std::uint64_t> line_bytes;
};

struct numa_node {
    unsigned id;
    cpu_list cpus;  // empty for a node of memory only
    std::optional<std::uint64_t> memory_bytes;
    std::vector<unsigned> distances;  // to the online nodes in order, 10 is local; empty if unknown
};

struct topology {
    cpu_list cpus;  // online
    result<std::vector<core>> cores;
    result<std::vector<cache>> caches;
    result<std::vector<numa_node>> nodes;
};

namespace detail {

namespace fs = std::filesystem;

inline constexpr unsigned k_cpu_limit = 1U << 16;  // beyond it a list is garbage, not a machine

inline result<std::string> read_text(const fs::path& file) {
    std::ifstream in(file);
    if (!in) return fail(error_code::unavailable, "cannot read " + file.string());
    std::string text{std::istreambuf_iterator<char>(in), {}};
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    return text;
}

// A decimal number that takes the whole text.
inline std::optional<std::uint64_t> whole_number(std::string_view text) {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, status] = std::from_chars(text.data(), end, value);
    if (status != std::errc{} || stop != end) return std::nullopt;
    return value;
}

inline std::optional<std::uint64_t> read_number(const fs::path& file) {
    const auto text = read_text(file);
    return text ? whole_number(*text) : std::nullopt;
}

inline std::optional<unsigned> read_unsigned(const fs::path& file) {
    const auto value = read_number(file);
    // Some kernels print -1 for "no package"; that does not parse and is absent, as it should be.
    if (!value || *value > ~0U) return std::nullopt;
    return static_cast<unsigned>(*value);
}

}  // namespace detail

// Reads the kernel's list form, "0-3,8,10-11"; an empty text is an empty list.
// Fails with corrupt_data on anything else.
inline result<cpu_list> parse_cpu_list(std::string_view text) {
    const auto malformed = [&] {
        return fail(error_code::corrupt_data,
                    "not a list of CPUs such as 0-3,8: '" + std::string(text) + "'");
    };
    cpu_list cpus;
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::string_view item = rest.substr(0, rest.find(','));
        const std::size_t dash = item.find('-');
        const auto first = detail::whole_number(item.substr(0, dash));
        const auto last = dash == item.npos ? first : detail::whole_number(item.substr(dash + 1));
        if (!first || !last || *first > *last || *last >= detail::k_cpu_limit) return malformed();
        for (std::uint64_t cpu = *first; cpu <= *last; ++cpu) {
            cpus.push_back(static_cast<unsigned>(cpu));
        }
        if (item.size() == rest.size()) break;
        rest.remove_prefix(item.size() + 1);
        if (rest.empty()) return malformed();  // a comma with nothing after it
    }
    std::ranges::sort(cpus);
    const auto repeated = std::ranges::unique(cpus);
    cpus.erase(repeated.begin(), repeated.end());
    return cpus;
}

// Reads "48K", "2M", "1G" or a plain number of bytes; nothing for anything else.
inline std::optional<std::uint64_t> parse_size(std::string_view text) {
    unsigned shift = 0;
    if (text.ends_with('K')) shift = 10;
    if (text.ends_with('M')) shift = 20;
    if (text.ends_with('G')) shift = 30;
    if (shift != 0) text.remove_suffix(1);
    const auto value = detail::whole_number(text);
    if (!value || *value > (~std::uint64_t{0} >> shift)) return std::nullopt;
    return *value << shift;
}

namespace detail {

inline result<cpu_list> read_cpu_list(const fs::path& file) {
    CYCLONE_TRY(const std::string text, read_text(file));
    auto cpus = parse_cpu_list(text);
    if (!cpus) return wrap(std::move(cpus).error(), "while reading " + file.string());
    return cpus;
}

inline std::map<unsigned, core_kind> read_core_kinds(const fs::path& devices) {
    std::map<unsigned, core_kind> kinds;
    const auto mark = [&](const char* pmu, core_kind kind) {
        for (const unsigned cpu : read_cpu_list(devices / pmu / "cpus").value_or(cpu_list{})) {
            kinds.emplace(cpu, kind);
        }
    };
    mark("cpu_core", core_kind::performance);
    mark("cpu_atom", core_kind::efficiency);
    return kinds;
}

inline result<std::vector<core>> read_cores(const fs::path& devices, const cpu_list& online) {
    const auto kinds = read_core_kinds(devices);
    std::map<cpu_list, core> found;  // by its CPUs: every sibling names the same list
    for (const unsigned cpu : online) {
        const fs::path folder = devices / "system/cpu" / ("cpu" + std::to_string(cpu)) / "topology";
        CYCLONE_TRY(cpu_list siblings, read_cpu_list(folder / "thread_siblings_list"));
        core one{siblings, read_unsigned(folder / "physical_package_id"), std::nullopt};
        if (const auto kind = kinds.find(cpu); kind != kinds.end()) one.kind = kind->second;
        found.emplace(std::move(siblings), std::move(one));
    }
    std::vector<core> cores;
    for (auto& [cpus, one] : found) cores.push_back(std::move(one));
    return cores;
}

inline result<cache> read_cache(const fs::path& folder) {
    const auto level = read_unsigned(folder / "level");
    CYCLONE_TRY(const std::string type, read_text(folder / "type"));
    CYCLONE_TRY(cpu_list cpus, read_cpu_list(folder / "shared_cpu_list"));
    cache one{level.value_or(0), cache_kind::unified, std::move(cpus), std::nullopt,
              read_number(folder / "coherency_line_size")};
    if (type == "Data") one.kind = cache_kind::data;
    if (type == "Instruction") one.kind = cache_kind::instruction;
    if (!level || (one.kind == cache_kind::unified && type != "Unified")) {
        return fail(error_code::corrupt_data,
                    "no usable level or type ('" + type + "') of a cache in " + folder.string());
    }
    if (const auto size = read_text(folder / "size")) one.size_bytes = parse_size(*size);
    return one;
}

inline result<std::vector<cache>> read_caches(const fs::path& devices, const cpu_list& online) {
    // A cache shows once under each CPU that shares it.
    std::map<std::tuple<unsigned, cache_kind, cpu_list>, cache> found;
    for (const unsigned cpu : online) {
        const fs::path folder = devices / "system/cpu" / ("cpu" + std::to_string(cpu)) / "cache";
        std::error_code ignored;  // "cannot look" and "not there" are both "not there"
        for (unsigned i = 0;; ++i) {
            const fs::path index = folder / ("index" + std::to_string(i));
            if (!fs::is_directory(index, ignored)) break;
            CYCLONE_TRY(cache one, read_cache(index));
            found.emplace(std::tuple(one.level, one.kind, one.cpus), one);
        }
    }
    if (found.empty()) {
        return fail(error_code::unavailable,
                    "the kernel shows no caches below " + (devices / "system/cpu").string());
    }
    std::vector<cache> caches;
    for (auto& [key, one] : found) caches.push_back(std::move(one));
    return caches;
}

// "Node 0 MemTotal:       24612345 kB"
inline std::optional<std::uint64_t> read_memory(const fs::path& meminfo) {
    std::ifstream in(meminfo);
    std::string word;
    while (in >> word) {
        std::uint64_t kibibytes = 0;
        if (word == "MemTotal:" && in >> kibibytes) return kibibytes * 1024;
    }
    return std::nullopt;
}

inline result<std::vector<numa_node>> read_nodes(const fs::path& devices) {
    const fs::path folder = devices / "system/node";
    CYCLONE_TRY(const cpu_list ids, read_cpu_list(folder / "online"));
    std::vector<numa_node> nodes;
    for (const unsigned id : ids) {
        const fs::path place = folder / ("node" + std::to_string(id));
        CYCLONE_TRY(cpu_list cpus, read_cpu_list(place / "cpulist"));
        numa_node node{id, std::move(cpus), read_memory(place / "meminfo"), {}};
        std::ifstream distances(place / "distance");
        for (unsigned distance = 0; distances >> distance;) node.distances.push_back(distance);
        nodes.push_back(std::move(node));
    }
    return nodes;
}

}  // namespace detail

inline result<topology> read_topology(const std::filesystem::path& sys_root = "/sys") {
    const auto devices = sys_root / "devices";
    auto online = detail::read_cpu_list(devices / "system/cpu/online");
    if (!online) {
        return wrap(
            std::move(online).error(),
            "the machine's CPUs are unknown; is sysfs mounted at " + sys_root.string() + "?");
    }
    topology machine{*online, detail::read_cores(devices, *online),
                     detail::read_caches(devices, *online), detail::read_nodes(devices)};
    return machine;
}

}  // namespace cyclone
