// Words of a command line that can be pasted into a shell.
#pragma once

#include <string>

namespace cresset::program {

// The word as it is where every shell takes it so, else in single quotes.
std::string shell_word(const std::string& word);

}  // namespace cresset::program
