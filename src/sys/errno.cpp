// Names and meanings of errno values, from the C library's own tables (thread-safe, unlike
// strerror).

#include "sys/errno.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

namespace cyclone::sys {

std::string errno_name(int number) {
    const char* const name = ::strerrorname_np(number);
    return name != nullptr ? name : "errno " + std::to_string(number);
}

error_code code_of_errno(int number) noexcept {
    switch (number) {
        case EINVAL:
        case EBADF:
        case EFAULT:
        case ENOTDIR:
        case EISDIR: return error_code::invalid_argument;
        case ERANGE:
        case EOVERFLOW:
        case EFBIG:
        case ENAMETOOLONG: return error_code::out_of_range;
        case ENOENT:
        case ESRCH: return error_code::not_found;
        case EEXIST: return error_code::already_exists;
        case EPERM:
        case EACCES:
        case EROFS: return error_code::permission_denied;
        case ENOSYS:
        case EOPNOTSUPP:
        case ENODEV: return error_code::unavailable;
        case ENOMEM:
        case ENOSPC:
        case EDQUOT:
        case EMFILE:
        case ENFILE: return error_code::resource_exhausted;
        case EAGAIN: return error_code::would_block;
        case EINTR: return error_code::interrupted;
        case ETIMEDOUT: return error_code::timed_out;
        case EPIPE:
        case ECONNRESET: return error_code::closed;
        default: return error_code::io_error;
    }
}

std::unexpected<error> fail_errno(int number, std::string message, std::source_location place) {
    const char* const meaning = ::strerrordesc_np(number);
    message += ": " + errno_name(number);
    if (meaning != nullptr) message += std::string(" (") + meaning + ")";
    return fail(code_of_errno(number), std::move(message), place);
}

}  // namespace cyclone::sys
