// Include first in every file that foreach_target.h compiles several times. The library asks for SSE4 at least, so code
// for SSSE3 would only add size.
#pragma once

#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS HWY_SSSE3
#endif
