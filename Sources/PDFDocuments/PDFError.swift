/// A document could not be made. Holds libharu's numbers, never what was to be printed.
package struct PDFError: Error, Sendable, Hashable, CustomStringConvertible {
    /// libharu's error (`HPDF_Error_Code`); 0 when it gave none.
    package let code: UInt
    /// Its further detail, such as an `errno`.
    package let detail: UInt

    /// For the log.
    package var description: String { "libharu error 0x\(String(code, radix: 16)), detail \(detail)" }
}
