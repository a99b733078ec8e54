#pragma once
// A component's own words for progress, as those of the classifier (model/progress.hpp).

#include "model/progress.hpp"

namespace cyclone::test {

/// `Progress` is the enum of a contract: wait_free, lock_free, blocking.
template <class Progress>
[[nodiscard]] model::steps::progress declared_as(Progress p) {
    switch (p) {
        case Progress::wait_free: return model::steps::progress::wait_free;
        case Progress::lock_free: return model::steps::progress::lock_free;
        case Progress::blocking: break;
    }
    return model::steps::progress::blocking;
}

}  // namespace cyclone::test
