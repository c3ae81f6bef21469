// What PDFDocuments needs from C: libharu.
#ifndef ARC_CHARU_SHIM_H
#define ARC_CHARU_SHIM_H

#include <hpdf.h>

#endif
