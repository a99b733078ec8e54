#pragma once
// The few pieces of JSON that results of the models write: strings, and members of an object.
// Cost: linear. Errors: none; bytes below a blank are written as \u00xx. Thread-safety: values
// only.

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace cyclone::model::steps {

[[nodiscard]] inline std::string json_string(std::string_view text) {
    constexpr std::string_view k_digits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            out += "\\u00";
            out += k_digits[byte >> 4];
            out += k_digits[byte & 15];
        } else {
            out += c;
        }
    }
    return out + '"';
}

/// An object, member by member, in the order of the calls.
class json_object {
 public:
    json_object& add(std::string_view name, std::string_view value) {
        return raw(name, json_string(value));
    }
    json_object& add(std::string_view name, const char* value) {
        return raw(name, json_string(value));
    }
    json_object& add(std::string_view name, bool value) {
        return raw(name, value ? "true" : "false");
    }
    template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>) json_object& add(std::string_view name, T value) {
        return raw(name, std::to_string(value));
    }
    json_object& raw(std::string_view name, std::string_view value) {
        text_ += text_.empty() ? "{" : ",";
        text_ += json_string(name) + ":";
        text_ += value;
        return *this;
    }
    [[nodiscard]] std::string text() const { return text_.empty() ? "{}" : text_ + "}"; }

 private:
    std::string text_;
};

/// An array of what `write` makes of each.
template <class Range, class F>
[[nodiscard]] std::string json_array(const Range& range, F write) {
    std::string out = "[";
    for (const auto& item : range) {
        if (out.size() > 1) out += ",";
        out += write(item);
    }
    return out + "]";
}

}  // namespace cyclone::model::steps
