// A sequentially consistent machine: memory is one value a location, and one thread takes one step
// at a time. Every order of the steps is taken; states that were met before are not entered again.
#include <string>

#include "enumerate.hpp"

namespace cyclone::model::test {
namespace {

using litmus::action;
using litmus::instruction;
using litmus::program;
using litmus::registers;

struct machine {
    explicit machine(const program& p)
        : at(p.threads.size()), files(p.threads.size()), spurious(p.threads.size()), did(p) {}

    std::vector<std::size_t> at;  ///< next instruction of each thread
    std::vector<registers> files;
    std::vector<bool> spurious;  ///< a weak compare-exchange of the thread has failed in vain
    execution did;

    /// The past up to what cannot be told apart: the rest follows from it.
    [[nodiscard]] std::string key() const {
        std::string bytes;
        const auto put = [&](std::size_t n) { bytes += static_cast<char>(n); };
        for (std::size_t t = 0; t < at.size(); ++t) {
            put(at[t]);
            for (const deed& d : did.deeds[t]) {
                put(d.done ? 1 : 0);
                put(static_cast<std::size_t>(d.source + 1));
                put(d.failed ? 1 : 0);
            }
        }
        for (const auto& order : did.orders) {
            put(order.size());
            for (const slot s : order) put(static_cast<std::size_t>(s));
        }
        return bytes;
    }
};

class interleaver {
 public:
    interleaver(const program& p, std::uint64_t most) : p_(p), most_(most) {}

    std::optional<behaviours> run() {
        visit(machine(p_));
        if (out_.candidates > most_) return std::nullopt;
        return std::move(out_);
    }

 private:
    void visit(const machine& m) {
        if (out_.candidates > most_ || !met_.insert(m.key()).second) return;
        ++out_.candidates;
        bool over = true;
        for (std::size_t t = 0; t < m.at.size(); ++t) {
            if (m.at[t] == p_.threads[t].size()) continue;
            over = false;
            step(m, t, false);
            if (p_.threads[t][m.at[t]].what == action::weak && !m.spurious[t]) step(m, t, true);
        }
        if (over) out_.add(p_, graph_of(p_, m.did));
    }

    void step(machine m, std::size_t t, bool spurious) {
        const std::size_t n = m.at[t]++;
        const instruction& i = p_.threads[t][n];
        registers& file = m.files[t];
        if (i.only_if && file[i.only_if->reg] != i.only_if->equals) {
            if (!spurious) visit(m);
            return;
        }
        deed& d = m.did.deeds[t][n];
        auto& order = m.did.orders[i.where];
        const bool atomic = i.what != action::fence && !litmus::is_plain(i.what);
        const slot last = !atomic || order.empty() ? k_initial : order.back();
        const litmus::word seen = last == k_initial ? 0 : m.did.at(last).written;
        if (litmus::reads(i.what)) d.source = last;
        if (spurious && seen != i.expected.in(file)) return;  // fails anyway
        act(i, file, seen, spurious, d);
        m.spurious[t] = m.spurious[t] || spurious;
        if (d.wrote) order.push_back(slot_of(t, n));
        if (i.into) file[*i.into] = seen;
        visit(m);
    }

    const program& p_;
    std::uint64_t most_;
    std::set<std::string> met_;
    behaviours out_;
};

}  // namespace

std::optional<behaviours> by_interleaving(const program& p, std::uint64_t most) {
    return interleaver(p, most).run();
}

}  // namespace cyclone::model::test
