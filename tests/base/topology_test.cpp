// Topology from made-up sysfs trees of four kinds of machine, and from this one.

#include "base/topology.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <rapidcheck.h>
#include <rapidcheck/catch.h>
#include <set>
#include <string>
#include <utility>

#include "support/temp_folder.hpp"

namespace {

using namespace cyclone;

std::string list_text(const cpu_list& cpus) {
    std::string text;
    for (const unsigned cpu : cpus) text += (text.empty() ? "" : ",") + std::to_string(cpu);
    return text + "\n";
}

// Writes sysfs files the way the kernel lays them out.
struct fake_sys : test::temp_folder {
    std::string cpu(unsigned id) const { return "devices/system/cpu/cpu" + std::to_string(id); }

    void add_core(const cpu_list& siblings, unsigned package) const {
        for (const unsigned id : siblings) {
            write(cpu(id) + "/topology/thread_siblings_list", list_text(siblings));
            write(cpu(id) + "/topology/physical_package_id", std::to_string(package) + "\n");
        }
    }

    void add_cache(unsigned index, unsigned level, const char* type, const char* size,
                   const cpu_list& shared) const {
        for (const unsigned id : shared) {
            const std::string folder = cpu(id) + "/cache/index" + std::to_string(index);
            write(folder + "/level", std::to_string(level) + "\n");
            write(folder + "/type", std::string(type) + "\n");
            write(folder + "/size", std::string(size) + "\n");
            write(folder + "/coherency_line_size", "64\n");
            write(folder + "/shared_cpu_list", list_text(shared));
        }
    }

    void add_node(unsigned id, const std::string& cpus, const char* distance) const {
        const std::string folder = "devices/system/node/node" + std::to_string(id);
        write(folder + "/cpulist", cpus);
        write(folder + "/distance", distance);
        write(folder + "/meminfo",
              "Node " + std::to_string(id) + " MemTotal:       4096 kB\nNode 0 MemFree:  12 kB\n");
    }
};

// Two cores with two hardware threads each on one node, numbered as Linux does: siblings apart.
void build_desktop(const fake_sys& sys) {
    sys.write("devices/system/cpu/online", "0-3\n");
    for (const unsigned c : {0U, 1U}) {
        sys.add_core({c, c + 2}, 0);
        sys.add_cache(0, 1, "Data", "48K", {c, c + 2});
        sys.add_cache(1, 1, "Instruction", "32K", {c, c + 2});
        sys.add_cache(2, 2, "Unified", "2048K", {c, c + 2});
    }
    sys.add_cache(3, 3, "Unified", "105M", {0, 1, 2, 3});
    sys.write("devices/system/node/online", "0\n");
    sys.add_node(0, "0-3\n", "10\n");
}

}  // namespace

TEST_CASE("one node with SMT", "[base][topology]") {
    const fake_sys sys;
    build_desktop(sys);
    const auto machine = read_topology(sys.path());
    REQUIRE(machine);
    REQUIRE(machine->cpus == cpu_list{0, 1, 2, 3});

    REQUIRE(machine->cores);
    REQUIRE(machine->cores->size() == 2);
    REQUIRE((*machine->cores)[0].cpus == cpu_list{0, 2});
    REQUIRE((*machine->cores)[1].cpus == cpu_list{1, 3});
    REQUIRE((*machine->cores)[1].package == 0U);
    REQUIRE_FALSE((*machine->cores)[0].kind);

    REQUIRE(machine->caches);
    REQUIRE(machine->caches->size() == 7);  // three a core and one for all, each once
    const auto& l1d = machine->caches->front();
    REQUIRE(l1d.level == 1);
    REQUIRE(l1d.kind == cache_kind::data);
    REQUIRE(l1d.cpus == cpu_list{0, 2});
    REQUIRE(l1d.size_bytes == 48U * 1024);
    REQUIRE(l1d.line_bytes == 64U);
    const auto& l3 = machine->caches->back();
    REQUIRE(l3.level == 3);
    REQUIRE(l3.kind == cache_kind::unified);
    REQUIRE(l3.size_bytes == 105U << 20);
    REQUIRE(l3.cpus == machine->cpus);

    REQUIRE(machine->nodes);
    REQUIRE(machine->nodes->size() == 1);
    REQUIRE(machine->nodes->front().cpus == machine->cpus);
    REQUIRE(machine->nodes->front().memory_bytes == 4096U * 1024);
    REQUIRE(machine->nodes->front().distances == std::vector<unsigned>{10});
}

TEST_CASE("four nodes, one of memory only", "[base][topology]") {
    const fake_sys sys;
    sys.write("devices/system/cpu/online", "0-2\n");
    for (const unsigned c : {0U, 1U, 2U}) sys.add_core({c}, c);
    sys.write("devices/system/node/online", "0-2,5\n");
    sys.add_node(0, "0\n", "10 21 21 28\n");
    sys.add_node(1, "1\n", "21 10 21 28\n");
    sys.add_node(2, "2\n", "21 21 10 28\n");
    sys.add_node(5, "\n", "28 28 28 10\n");
    const auto machine = read_topology(sys.path());
    REQUIRE(machine);
    REQUIRE(machine->nodes);
    REQUIRE(machine->nodes->size() == 4);
    const auto& far = machine->nodes->back();
    REQUIRE(far.id == 5);
    REQUIRE(far.cpus.empty());
    REQUIRE(far.distances == std::vector<unsigned>{28, 28, 28, 10});
    REQUIRE((*machine->nodes)[1].cpus == cpu_list{1});
    REQUIRE((*machine->cores)[2].package == 2U);
}

TEST_CASE("what a machine does not show is a value with the reason", "[base][topology]") {
    const fake_sys sys;
    sys.write("devices/system/cpu/online", "0-1\n");
    const auto machine = read_topology(sys.path());
    REQUIRE(machine);
    REQUIRE(machine->cpus == cpu_list{0, 1});
    REQUIRE_FALSE(machine->cores);
    REQUIRE(machine->cores.error().code == error_code::unavailable);
    REQUIRE(machine->cores.error().message.find("thread_siblings_list") != std::string::npos);
    REQUIRE_FALSE(machine->caches);
    REQUIRE(machine->caches.error().code == error_code::unavailable);
    REQUIRE_FALSE(machine->nodes);
    REQUIRE(machine->nodes.error().code == error_code::unavailable);
}

TEST_CASE("a cache without a size is still a cache", "[base][topology]") {
    const fake_sys sys;
    build_desktop(sys);
    for (const unsigned c : {0U, 1U, 2U, 3U}) {
        std::filesystem::remove(sys.path() / sys.cpu(c) / "cache/index3/size");
    }
    const auto machine = read_topology(sys.path());
    REQUIRE(machine);
    REQUIRE(machine->caches);
    REQUIRE(machine->caches->size() == 7);
    REQUIRE_FALSE(machine->caches->back().size_bytes);
    REQUIRE(machine->caches->back().line_bytes == 64U);
}

TEST_CASE("a hybrid machine tells its kinds of core", "[base][topology]") {
    const fake_sys sys;
    sys.write("devices/system/cpu/online", "0-5\n");
    sys.write("devices/cpu_core/cpus", "0-1\n");
    sys.write("devices/cpu_atom/cpus", "2-5\n");
    sys.add_core({0, 1}, 0);
    for (const unsigned c : {2U, 3U, 4U, 5U}) sys.add_core({c}, 0);
    sys.add_cache(0, 2, "Unified", "1280K", {0, 1});
    sys.add_cache(0, 2, "Unified", "2M", {2, 3, 4, 5});
    const auto machine = read_topology(sys.path());
    REQUIRE(machine);
    REQUIRE(machine->cores);
    REQUIRE(machine->cores->size() == 5);
    REQUIRE(machine->cores->front().kind == core_kind::performance);
    for (std::size_t i = 1; i < 5; ++i) {
        REQUIRE((*machine->cores)[i].kind == core_kind::efficiency);
        REQUIRE((*machine->cores)[i].cpus.size() == 1);
    }
    REQUIRE(machine->caches->size() == 2);
    REQUIRE(machine->caches->back().size_bytes == 2U << 20);
}

TEST_CASE("garbage is named with its file, and no sysfs at all is an error", "[base][topology]") {
    const fake_sys sys;
    const auto none = read_topology(sys.path() / "nowhere");
    REQUIRE_FALSE(none);
    REQUIRE(none.error().code == error_code::unavailable);
    REQUIRE(to_string(none.error()).find("nowhere") != std::string::npos);

    sys.write("devices/system/cpu/online", "0-x\n");
    const auto garbage = read_topology(sys.path());
    REQUIRE_FALSE(garbage);
    REQUIRE(garbage.error().code == error_code::corrupt_data);
    REQUIRE(to_string(garbage.error()).find("cpu/online") != std::string::npos);

    build_desktop(sys);
    sys.write(sys.cpu(1) + "/cache/index0/type", "Quantum\n");
    const auto odd = read_topology(sys.path());
    REQUIRE(odd);
    REQUIRE_FALSE(odd->caches);
    REQUIRE(odd->caches.error().code == error_code::corrupt_data);
    REQUIRE(odd->cores);  // one part's garbage leaves the others
}

TEST_CASE("CPU lists", "[base][topology]") {
    REQUIRE(parse_cpu_list("") == cpu_list{});
    REQUIRE(parse_cpu_list("5") == cpu_list{5});
    REQUIRE(parse_cpu_list("0-2,7,9-10") == cpu_list{0, 1, 2, 7, 9, 10});
    REQUIRE(parse_cpu_list("3,1,2-3") == cpu_list{1, 2, 3});
    for (const char* wrong : {"a", "1-", "-1", "3-1", "1,", ",1", "1,,2", "1 2", "0-4294967295",
                              "99999999999999999999"}) {
        CAPTURE(wrong);
        REQUIRE_FALSE(parse_cpu_list(wrong));
        REQUIRE(parse_cpu_list(wrong).error().code == error_code::corrupt_data);
    }
    rc::prop("round trip", [] {
        const auto drawn = *rc::gen::container<std::set<unsigned>>(rc::gen::inRange(0U, 300U));
        const cpu_list cpus(drawn.begin(), drawn.end());
        std::string text;  // as the kernel writes it, runs joined
        for (std::size_t i = 0; i < cpus.size();) {
            std::size_t j = i;
            while (j + 1 < cpus.size() && cpus[j + 1] == cpus[j] + 1) ++j;
            text += (i == 0 ? "" : ",") + std::to_string(cpus[i]);
            if (j > i) text += "-" + std::to_string(cpus[j]);
            i = j + 1;
        }
        RC_ASSERT(*parse_cpu_list(text) == cpus);
    });
}

TEST_CASE("sizes", "[base][topology]") {
    REQUIRE(parse_size("48K") == 48U * 1024);
    REQUIRE(parse_size("2M") == 2U << 20);
    REQUIRE(parse_size("1G") == 1U << 30);
    REQUIRE(parse_size("512") == 512U);
    for (const char* wrong : {"", "K", "12Q", "-1K", "1.5M", "99999999999999G"}) {
        CAPTURE(wrong);
        REQUIRE_FALSE(parse_size(wrong));
    }
}

TEST_CASE("this machine's own tree makes sense", "[base][topology]") {
    const auto machine = read_topology();
    REQUIRE(machine);
    REQUIRE_FALSE(machine->cpus.empty());
    if (machine->cores) {
        cpu_list all;
        for (const auto& one : *machine->cores) {
            all.insert(all.end(), one.cpus.begin(), one.cpus.end());
        }
        std::ranges::sort(all);
        REQUIRE(all == machine->cpus);  // every CPU in exactly one core
    } else {
        REQUIRE_FALSE(machine->cores.error().message.empty());
    }
}
