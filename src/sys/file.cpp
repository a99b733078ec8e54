// open, write, close with errors as values.

#include "sys/file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <unistd.h>

#include "sys/errno.hpp"

namespace cyclone::sys {

namespace {

// A file descriptor that closes itself on the error paths.
class descriptor {
 public:
    explicit descriptor(int fd) noexcept : fd_(fd) {}
    ~descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;

    int get() const noexcept { return fd_; }

    // Closes and tells: a delayed write error may show only here.
    int close() noexcept {
        const int fd = fd_;
        fd_ = -1;
        return ::close(fd);
    }

 private:
    int fd_;
};

}  // namespace

result<void> append_once(const std::filesystem::path& file, std::string_view bytes) {
    const std::string what = "cannot append to " + file.string();
    descriptor out(::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
    if (out.get() < 0) return fail_errno(errno, what);
    ssize_t written = 0;
    do {  // EINTR means that nothing was written yet
        written = ::write(out.get(), bytes.data(), bytes.size());
    } while (written < 0 && errno == EINTR);
    if (written < 0) return fail_errno(errno, what);
    if (static_cast<std::size_t>(written) != bytes.size()) {
        return fail(error_code::resource_exhausted,
                    what + ": only " + std::to_string(written) + " of " +
                        std::to_string(bytes.size()) +
                        " bytes fitted; make room and remove the torn last line");
    }
    if (out.close() != 0) return fail_errno(errno, what);
    return {};
}

}  // namespace cyclone::sys
