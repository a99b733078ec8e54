// Items other than numbers, for queues of them.
#pragma once

#include <memory>
#include <string>
#include <utility>

namespace cyclone::queue::test {

/// Moves only, cannot be assigned, has no default constructor, and knows how many are alive.
class tracked {
 public:
    explicit tracked(int value) noexcept : value_(value) { ++alive(); }
    tracked(tracked&& other) noexcept : value_(std::exchange(other.value_, -1)) { ++alive(); }
    tracked(const tracked&) = delete;
    tracked& operator=(const tracked&) = delete;
    tracked& operator=(tracked&&) = delete;
    ~tracked() { --alive(); }

    [[nodiscard]] int value() const noexcept { return value_; }
    static int& alive() {
        static int count = 0;
        return count;
    }

 private:
    int value_;
};

using boxed = std::unique_ptr<int>;

}  // namespace cyclone::queue::test
