// Marks what the shared library shows; everything else is hidden.
#pragma once

#if defined(CRESSET_BUILDING)
#define CRESSET_API __attribute__((visibility("default")))
#else
#define CRESSET_API
#endif
