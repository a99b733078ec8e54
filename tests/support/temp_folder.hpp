#pragma once
// A folder of its own for one test, removed with everything in it at the end of the scope.

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

namespace cyclone::test {

class temp_folder {
 public:
    temp_folder() {
        std::string name = (std::filesystem::temp_directory_path() / "cyclone-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) {
            throw std::system_error(errno, std::generic_category(), "cannot make " + name);
        }
        path_ = name;
    }
    ~temp_folder() {
        std::error_code ignored;  // a left-over folder must not hide the test's own result
        std::filesystem::remove_all(path_, ignored);
    }
    temp_folder(const temp_folder&) = delete;
    temp_folder& operator=(const temp_folder&) = delete;

    const std::filesystem::path& path() const noexcept { return path_; }

    // Writes a file below the folder, with the folders on the way.
    void write(const std::string& file, std::string_view text) const {
        std::filesystem::create_directories((path_ / file).parent_path());
        std::ofstream(path_ / file) << text;
    }

 private:
    std::filesystem::path path_;
};

}  // namespace cyclone::test
