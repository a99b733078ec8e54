// What the explorer knows of the source: the orders of sites, and names for values.

#include <algorithm>
#include <tuple>

#include "model/engine.hpp"
#include "model/pool.hpp"

namespace cyclone::model {
namespace {

using detail::ask;
using detail::request;

std::uint64_t key_of(const std::source_location& at, std::uint64_t part) {
    std::uint64_t key = reinterpret_cast<std::uintptr_t>(at.file_name());
    key = key * 0x9e3779b97f4a7c15 + at.line();
    key = key * 0x9e3779b97f4a7c15 + at.column();
    return key * 0x9e3779b97f4a7c15 + part;
}

const char* order_word(std::memory_order order) {
    switch (order) {
        case std::memory_order_relaxed: return "relaxed";
        case std::memory_order_consume: return "consume";
        case std::memory_order_acquire: return "acquire";
        case std::memory_order_release: return "release";
        case std::memory_order_acq_rel: return "acq_rel";
        case std::memory_order_seq_cst: return "seq_cst";
    }
    return "?";
}

const char* use_word(site_use::kind_of what) {
    using kind_of = site_use::kind_of;
    switch (what) {
        case kind_of::load: return "load";
        case kind_of::store: return "store";
        case kind_of::update: return "update";
        case kind_of::compare: return "compare";
        case kind_of::fence: return "fence";
    }
    return "?";
}

bool has_site(ask what) {
    return what == ask::load || what == ask::store || what == ask::update || what == ask::compare ||
           what == ask::fence || what == ask::await;
}

site_use::kind_of use_of(ask what) {
    switch (what) {
        case ask::store: return site_use::kind_of::store;
        case ask::update: return site_use::kind_of::update;
        case ask::compare: return site_use::kind_of::compare;
        case ask::fence: return site_use::kind_of::fence;
        default: return site_use::kind_of::load;
    }
}

std::string with_column(const std::source_location& at) {
    return site_text(at) + ":" + std::to_string(at.column());
}

}  // namespace

std::memory_order explorer::order_of(const request& q, bool failure) const {
    const std::memory_order written = failure ? q.failure : q.order;
    if (how_.weaken.empty() || q.internal || !has_site(q.what)) return written;
    const auto [entry, fresh] = weakened_.try_emplace(key_of(q.site, failure ? 1 : 0));
    if (fresh) {
        const std::string tail = failure ? ":failure" : "";
        for (const std::string& key : {with_column(q.site) + tail, site_text(q.site) + tail}) {
            const auto found = how_.weaken.find(key);
            if (found == how_.weaken.end()) continue;
            entry->second = found->second;
            break;
        }
    }
    return entry->second.value_or(written);
}

void explorer::note_site(const request& q) {
    if (q.internal || !has_site(q.what)) return;
    const auto part = static_cast<std::uint64_t>(q.what) * 64 +
                      static_cast<std::uint64_t>(q.order) * 8 +
                      static_cast<std::uint64_t>(q.failure);
    sites_.try_emplace(key_of(q.site, part), site_entry{q.what, q.site, q.order, q.failure});
}

void explorer::list_sites() {
    std::vector<site_entry> all;
    for (const auto& [key, entry] : sites_) all.push_back(entry);
    const auto rank = [](const site_entry& e) {
        return std::tuple(std::string_view(e.at.file_name()), e.at.line(), e.at.column(), e.what,
                          e.order, e.failure);
    };
    std::sort(all.begin(), all.end(),
              [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    for (const site_entry& e : all) {
        site_use use;
        // Always with its column: another scenario may meet another site of this line.
        use.where = with_column(e.at);
        use.what = use_of(e.what);
        use.order = e.order;
        use.failure = e.failure;
        std::string text = use.where + " " + use_word(use.what) + " " + order_word(e.order);
        if (e.what == ask::compare) text += std::string("/") + order_word(e.failure);
        result_.sites.push_back(std::move(text));
        result_.uses.push_back(std::move(use));
    }
}

std::string explorer::value_name(std::uint64_t value) const {
    const auto* const p = reinterpret_cast<const void*>(static_cast<std::uintptr_t>(value));
    if (const arena::block* const b = arena_.around(p)) {
        std::string out = "&t" + std::to_string(b->thread) + ".block" + std::to_string(b->number);
        const auto offset = value - reinterpret_cast<std::uintptr_t>(b + 1);
        if (offset != 0) out += "+" + std::to_string(offset);
        if (b->name != nullptr) out += std::string("(") + b->name + ")";
        return out;
    }
    for (std::uint32_t t = 0; t < k_threads_max; ++t) {
        if (!pool_.fibers[t].holds(p)) continue;
        const auto top = reinterpret_cast<std::uintptr_t>(pool_.fibers[t].stack_top());
        return "&t" + std::to_string(t) + ".stack-" + std::to_string(top - value);
    }
    return std::to_string(static_cast<std::int64_t>(value));
}

std::string explorer::describe(event_id id) const {
    return event_text(g_, id, [this](std::uint64_t value) { return value_name(value); });
}

}  // namespace cyclone::model
