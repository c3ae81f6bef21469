// Whoever needs databases also waits for conditions and runs programs.
@_exported public import TestSupport
