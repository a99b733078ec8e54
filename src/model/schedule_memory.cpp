// What the tasks of a scheduler make and dispose of, see schedule.hpp.
#include <algorithm>
#include <cstring>
#include <utility>

#include "model/schedule.hpp"

namespace cyclone::model::steps {
namespace {

constexpr std::size_t k_chunk = 256 << 10;
constexpr std::size_t k_page = 4096;  // chunks begin on one, so that lines fall alike in each run

std::size_t round_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

/// What an allocator of the usual kind takes for a request: a word of its own before it, and steps
/// of 16 from 32 on. Layout decides which nodes share a line.
std::size_t room_for(std::size_t bytes) {
    return std::max<std::size_t>(32, round_up(bytes + 8, 16));
}

}  // namespace

void scheduler::check_memory(const point& p) {
    if (p.size == 0 || p.what == action::dispose) return;
    const auto address = reinterpret_cast<std::uintptr_t>(p.where);
    auto at = blocks_.upper_bound(address);
    if (at == blocks_.begin()) return;
    --at;
    if (at->second.live || address >= at->first + at->second.bytes) return;
    note(fault::use_after_free, std::string(name_of(p.what)) + " at " + text(p.site) +
                                    " of memory made at " + text(at->second.made) +
                                    " and disposed of at " + text(at->second.freed));
    stop();
}

std::byte* scheduler::carve(region& r, std::size_t bytes, std::size_t align) {
    const std::size_t room = room_for(bytes);
    for (;;) {
        if (r.chunk > 0) {
            std::byte* const base = r.chunks[r.chunk - 1].memory.get();
            const auto origin = reinterpret_cast<std::uintptr_t>(base);
            const std::size_t start = round_up(origin, k_page) - origin;
            const std::size_t place = round_up(origin + start + r.used, align) - origin;
            if (place + room <= r.chunks[r.chunk - 1].bytes) {
                r.used = place + room - start;
                return base + place;
            }
        }
        const std::size_t least = std::max(k_chunk, room + align) + 2 * k_page;
        if (r.chunk == r.chunks.size() || r.chunks[r.chunk].bytes < least) {
            r.chunks.resize(r.chunk);
            r.chunks.push_back({std::make_unique<std::byte[]>(least), least});
        }
        ++r.chunk;
        r.used = 16;
    }
}

void* scheduler::allocate(std::size_t bytes, std::size_t align, std::source_location at) {
    bytes_ += room_for(bytes);
    if (bytes_ > how_.bytes_max) {
        note(fault::too_long, "more than " + std::to_string(how_.bytes_max) +
                                  " bytes made in one run, at " + text(at) +
                                  "; raise bytes_max, or bound the body");
        stop();
    }
    region& r = regions_[running_ == k_no_task ? how_.tasks_max : running_];
    void* memory = nullptr;
    if (how_.recycle && align <= 16) {
        std::vector<void*>& again = r.recycled[room_for(bytes)];
        if (!again.empty()) {
            memory = again.back();
            again.pop_back();
        }
    }
    if (memory == nullptr) memory = carve(r, bytes, std::max<std::size_t>(align, 16));
    blocks_[reinterpret_cast<std::uintptr_t>(memory)] = {bytes, true, at, at};
    return memory;
}

bool scheduler::release(void* memory, std::source_location at) {
    const auto found = blocks_.find(reinterpret_cast<std::uintptr_t>(memory));
    if (found == blocks_.end()) return false;
    block& b = found->second;
    if (!b.live) {
        note(fault::double_free, "disposed of at " + text(at) + " and before that at " +
                                     text(b.freed) + "; made at " + text(b.made));
        stop();
    }
    std::memset(memory, 0xdd, b.bytes);
    if (how_.recycle) {
        bytes_ -= room_for(b.bytes);
        regions_[running_ == k_no_task ? how_.tasks_max : running_]
            .recycled[room_for(b.bytes)]
            .push_back(memory);
        blocks_.erase(found);
        return true;
    }
    b.live = false;
    b.freed = at;
    ++freed_;
    return true;
}

std::uint32_t scheduler::size_of(const void* memory) const noexcept {
    const auto found = blocks_.find(reinterpret_cast<std::uintptr_t>(memory));
    return found == blocks_.end() ? 0 : static_cast<std::uint32_t>(found->second.bytes);
}

bool scheduler::alive(const void* memory) const noexcept {
    const auto found = blocks_.find(reinterpret_cast<std::uintptr_t>(memory));
    return found != blocks_.end() && found->second.live;
}

std::string scheduler::leak() const {
    for (const auto& [address, b] : blocks_)
        if (b.live) return std::to_string(b.bytes) + " bytes made at " + text(b.made);
    return {};
}

}  // namespace cyclone::model::steps
