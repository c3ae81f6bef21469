/// The version of this program, as its command line, metrics, statistics and traces show it.
package enum ProgramVersion {
    package static let current = "1.0.0"
}
