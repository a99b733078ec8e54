// Command line and output of the pitfalls, compiled once for all of them.
#include "experiments/pitfalls/pitfall.hpp"

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <string_view>

#include "base/rng.hpp"

namespace cyclone::pitfalls {
namespace {

constexpr int k_usage = 64;

int usage(const char* name, std::string_view why) {
    fmt::print(stderr,
               "{0}: {1}\nusage: {0} --wrong|--right [--subject a|b] [--seed N] [--n N] [--busy]\n",
               name, why);
    return k_usage;
}

/// Reads one option at `i`; false with the reason in `why` if it is none.
bool read_option(request& what, std::optional<face>& as, int& i, int argc, char** argv,
                 std::string& why) {
    const std::string_view word = argv[i];
    if (word == "--wrong" || word == "--right") {
        as = word == "--wrong" ? face::wrong : face::right;
        return true;
    }
    if (word == "--busy") return what.busy = true;
    if (word != "--subject" && word != "--seed" && word != "--n") {
        why = fmt::format("unknown option {}", word);
        return false;
    }
    const std::string_view value = ++i < argc ? argv[i] : "";
    if (word == "--subject") {
        what.b = value == "b";
        if (what.b || value == "a") return true;
        why = "--subject is a or b";
        return false;
    }
    const auto number = parse_seed(value);
    if (number) (word == "--seed" ? what.seed : what.n) = *number;
    why = fmt::format("{} is a whole number", word);
    return number.has_value();
}

}  // namespace

double mean(const std::vector<double>& xs) {
    double sum = 0;
    for (const double x : xs) sum += x;
    return xs.empty() ? 0 : sum / static_cast<double>(xs.size());
}

double median(const std::vector<double>& xs) {
    if (xs.empty()) return 0;
    std::vector<double> sorted = xs;
    std::sort(sorted.begin(), sorted.end());
    const std::size_t half = sorted.size() / 2;
    return sorted.size() % 2 != 0 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

int pitfall_main(const char* name, answer (*measure)(const request&), int argc, char** argv) {
    request what;
    std::optional<face> as;
    std::string why;
    for (int i = 1; i < argc; ++i) {
        if (!read_option(what, as, i, argc, argv, why)) return usage(name, why);
    }
    if (!as) return usage(name, "one of --wrong and --right is needed");
    what.as = *as;
    const answer out = measure(what);
    std::vector<std::string> values;
    for (const auto& [key, value] : out.values) {
        values.push_back(fmt::format("\"{}\":{}", key, value));
    }
    fmt::print(
        "{{\"schema\":1,\"pitfall\":\"{}\",\"face\":\"{}\",\"subject\":\"{}\",\"seed\":{},"
        "\"n\":{},\"ns_per_op\":{},\"iter_ns\":[{}],\"values\":{{{}}}}}\n",
        name, what.as == face::wrong ? "wrong" : "right", what.b ? "b" : "a", what.seed, what.n,
        out.ns_per_op, fmt::join(out.iter_ns, ","), fmt::join(values, ","));
    return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace cyclone::pitfalls
