// The raw log that a recorder writes inside the program it is preloaded into, and that timer_trace
// turns into a trace: a mapped file, a header and records of 32 bytes.
//
// A mapped file because the program may be killed, may fork, and must not pay a system call an
// event. Each process writes a file of its own, FOLDER/PID.raw, of at most 2^22 events (128 MiB,
// sparse); events beyond are counted and dropped. Thread safety: a mutex around each record.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <mutex>
#include <pthread.h>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.hpp"

namespace cyclone::recorder {

inline constexpr char k_magic[16] = "cyclone-raw 1\n";
inline constexpr std::uint64_t k_events_max = std::uint64_t{1} << 22;
inline constexpr const char* k_folder = "CYCLONE_RECORD_DIR";  ///< where to write; unset: nowhere

enum class raw_op : std::uint32_t { start, stop, fire };

struct raw_event {
    std::uint64_t when_ns;   ///< monotonic clock
    std::uint64_t timer;     ///< its address
    std::uint64_t delta_ns;  ///< of start: until the deadline
    std::uint32_t loop;      ///< low bits of the loop's address
    raw_op op;
};
static_assert(sizeof(raw_event) == 32);

struct raw_header {
    char magic[16];
    std::uint64_t count;    ///< records that are whole
    std::uint64_t dropped;  ///< events that found the file full
    char library[32];
};
static_assert(sizeof(raw_header) == 64);

/// The log of this process. Opens with the first event; never throws, never says a word.
class raw_log {
 public:
    static raw_log& of(const char* library) {
        static raw_log* const log = new raw_log(library);  // never destroyed: timers run at exit
        return *log;
    }

    void add(raw_op op, const void* loop, const void* timer, std::uint64_t delta_ns) noexcept {
        const std::lock_guard held(mutex_);
        if (!opened_) open();
        if (header_ == nullptr) return;
        if (header_->count == k_events_max) {
            ++header_->dropped;
            return;
        }
        auto* const events = reinterpret_cast<raw_event*>(header_ + 1);
        events[header_->count] = {static_cast<std::uint64_t>(clock::monotonic_ns()),
                                  reinterpret_cast<std::uint64_t>(timer), delta_ns,
                                  static_cast<std::uint32_t>(reinterpret_cast<std::uint64_t>(loop)),
                                  op};
        ++header_->count;
    }

 private:
    explicit raw_log(const char* library) : library_(library) {
        instance_ = this;
        pthread_atfork([] { instance_->mutex_.lock(); }, [] { instance_->mutex_.unlock(); },
                       &raw_log::in_child);
    }
    /// A child's events are its own; the parent's file stays the parent's.
    static void in_child() {
        instance_->header_ = nullptr;
        instance_->opened_ = false;
        instance_->mutex_.unlock();
    }

    void open() noexcept {
        opened_ = true;
        const char* const folder = std::getenv(k_folder);
        if (folder == nullptr) return;
        char path[4096];
        std::snprintf(path, sizeof path, "%s/%d.raw", folder, static_cast<int>(getpid()));
        const int file = ::open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (file < 0) return;
        constexpr std::size_t k_size = sizeof(raw_header) + k_events_max * sizeof(raw_event);
        void* at = MAP_FAILED;
        if (ftruncate(file, static_cast<off_t>(k_size)) == 0)
            at = mmap(nullptr, k_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        ::close(file);
        if (at == MAP_FAILED) return;
        header_ = static_cast<raw_header*>(at);
        std::memcpy(header_->magic, k_magic, sizeof k_magic);
        std::snprintf(header_->library, sizeof header_->library, "%s", library_);
    }

    static inline raw_log* instance_ = nullptr;
    std::mutex mutex_;
    const char* library_;
    bool opened_ = false;
    raw_header* header_ = nullptr;
};

/// The real function behind an interposed one. The program cannot run without it.
template <class Function>
Function* real(const char* name) {
    void* const found = dlsym(RTLD_NEXT, name);
    if (found == nullptr) {
        std::fprintf(stderr, "cyclone recorder: the program's library has no %s\n", name);
        std::abort();
    }
    return reinterpret_cast<Function*>(found);
}

/// Whether an address lies in the same shared object as a function of the recorded library: its
/// calls to itself come through here too, and are its own affair.
inline bool inside(const void* address, const void* function) {
    Dl_info one{};
    Dl_info other{};
    if (dladdr(address, &one) == 0 || dladdr(function, &other) == 0) return false;
    return one.dli_fbase == other.dli_fbase;
}

}  // namespace cyclone::recorder
