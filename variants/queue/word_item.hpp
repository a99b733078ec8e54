// Items that are words (S14), as the rings keep them whose cells say themselves whether they are
// full: an inner piece of fast_forward and b_queue. All bits one is no item.
//
// Cost        none: a word is its bytes
// Invariants  from_word(to_word(item)) has the bytes of the item; an item of fewer than 8 bytes has
//             ones behind it, so the one value that is no item is the one whose bytes are all ones
// Thread-safety: that of a value.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace cyclone::queue {

inline constexpr std::uint64_t k_no_item = ~std::uint64_t{0};

template <class T>
inline constexpr bool k_is_word = std::is_trivially_copyable_v<T> && sizeof(T) <= 8;

template <class T>
[[nodiscard]] std::uint64_t to_word(const T& item) noexcept {
    std::uint64_t word = k_no_item;
    std::memcpy(&word, &item, sizeof item);
    return word;
}

template <class T>
[[nodiscard]] T from_word(std::uint64_t word) noexcept {
    std::array<std::byte, sizeof(T)> bytes;
    std::memcpy(bytes.data(), &word, sizeof bytes);
    return std::bit_cast<T>(bytes);
}

}  // namespace cyclone::queue
