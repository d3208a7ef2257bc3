// Pictures between the lines of a terminal. Component `data`.
#pragma once

#include <cresset/plot.h>

#include <cstdint>
#include <string>

namespace cresset::plot {

// How a terminal takes pictures.
enum class TerminalProtocol : std::uint8_t {
  none,
  kitty,   // https://sw.kovidgoyal.net/kitty/graphics-protocol/
  iterm2,  // https://iterm2.com/documentation-images.html
  sixel,   // https://vt100.net/docs/vt3xx-gp/chapter14.html
};

// What the terminal at standard output takes; none where that is no terminal. CRESSET_TERMINAL_IMAGES (kitty, iterm2,
// sixel, none) says it; else the variables that these terminals set; else the terminal is asked once whether it takes
// sixels, and has a third of a second to answer.
CRESSET_API TerminalProtocol terminal_protocol();

// The characters that show the picture and end the line; "" for none. Sixels have 256 colours: more are mixed of them.
CRESSET_API std::string terminal_image(const Picture& picture, TerminalProtocol protocol);

// Shows the picture at standard output where that is a terminal that can; false where nothing was shown.
CRESSET_API bool show(const Picture& picture);

}  // namespace cresset::plot
