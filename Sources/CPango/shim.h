// What arc-pdf needs from C: text layout (Pango) on Cairo's PDF surface.
#ifndef ARC_CPANGO_SHIM_H
#define ARC_CPANGO_SHIM_H

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#endif
