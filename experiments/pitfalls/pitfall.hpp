#pragma once
// The frame of every pitfall: a program with two faces on one question whose answer is known by
// construction. It measures once, prints one JSON line and ends:
//
//   dead_code --wrong --subject b --seed 7
//   {"schema":1,"pitfall":"dead_code","face":"wrong","subject":"b","seed":7,"n":0,
//    "ns_per_op":0.0013,"iter_ns":[...],"values":{...}}
//
// What a subject, an n or a busy machine means is said in each program. Exit codes: 0; 64 misuse.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace cyclone::pitfalls {

enum class face : std::uint8_t { wrong, right };

struct request {
    face as = face::right;
    bool b = false;          ///< subject b; else a
    std::uint64_t seed = 1;  ///< every random choice of the program follows from it
    std::uint64_t n = 0;     ///< the size, in programs that have one
    bool busy = false;       ///< with a neighbour on the same processor, in programs that have one
};

struct answer {
    double ns_per_op = 0;         ///< what this face would print in a table
    std::vector<double> iter_ns;  ///< nanoseconds an operation of each batch, in order
    std::map<std::string, double> values;
};

/// The whole main() of a pitfall.
int pitfall_main(const char* name, answer (*measure)(const request&), int argc, char** argv);

double mean(const std::vector<double>& xs);    ///< 0 of nothing
double median(const std::vector<double>& xs);  ///< 0 of nothing

/// Nanoseconds that `body` takes, divided by the operations it did.
template <class F>
double timed(std::uint64_t ops, F&& body) {
    const std::int64_t began = clock::monotonic_ns();
    body();
    return static_cast<double>(clock::monotonic_ns() - began) / static_cast<double>(ops);
}

/// The compiler must believe that somebody reads `value`.
template <class T>
void keep(const T& value) {
    asm volatile("" : : "m"(value) : "memory");
}

/// The unit of work: `rounds` steps, each of which needs the one before, so that no processor
/// overlaps them and twice the rounds take twice the time.
inline std::uint64_t mix(std::uint64_t x, unsigned rounds) {
    for (unsigned i = 0; i < rounds; ++i) {
        x ^= x >> 29;
        x *= 0xbf58476d1ce4e5b9;
    }
    return x;
}

}  // namespace cyclone::pitfalls
