// The order-weakening matrix: every site of an algorithm, given every weaker order, is explored
// again. A mutant that some scenario catches shows that its order is needed. One that none catches
// is a survivor, and wants a decision: the order is stronger than it need be, or the scenarios are
// too small to show why not.
//
// Source: the idea is that of VSync (Oberhauser et al., ASPLOS 2021), here one site at a time.
// Cost: one exploration a site, weaker order and scenario, until it is caught.
// Errors: a scenario that fails as it is leaves nothing to weaken; `unsound` says which.
// Thread-safety: as check().
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model/check.hpp"

namespace cyclone::model {

struct named_body {
    std::string name;
    std::function<void()> body;
};

enum class fate_of : std::uint8_t { caught, survived, undecided };

struct weakening {
    site_use site;
    bool failure = false;  ///< the failure order of a compare-exchange
    std::memory_order to = std::memory_order_relaxed;
    fate_of came_to = fate_of::survived;
    fault what = fault::none;  ///< caught: how
    std::string scenario;      ///< caught: where; undecided: the first that was bounded
    std::string message;
    std::uint64_t graphs = 0;
    double seconds = 0;
};

struct weaken_report {
    std::string unsound;  ///< name of the scenario that fails, or is bounded, with nothing weakened
    std::vector<weakening> rows;

    [[nodiscard]] std::size_t count(fate_of f) const;
    /// A line a row, for people.
    [[nodiscard]] std::string table() const;
    /// A JSON object a line, for programs.
    [[nodiscard]] std::string json_lines() const;
};

/// Orders strictly weaker than `order` that mean something for such an operation; a fence that is
/// relaxed is none.
[[nodiscard]] std::vector<std::memory_order> weaker_orders(site_use::kind_of what,
                                                           std::memory_order order);

[[nodiscard]] weaken_report weaken(const options& how, const std::vector<named_body>& scenarios);

[[nodiscard]] const char* fault_text(fault f) noexcept;

}  // namespace cyclone::model
