#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The usual metrics of a process (prometheus.io, "Writing client libraries", process metrics).
package enum ProcessMetrics {
    package static let descriptions = [
        MetricDescription("process_cpu_seconds_total", .counter, "CPU time of the process, user and system"),
        MetricDescription("process_resident_memory_bytes", .gauge, "Resident memory of the process"),
        MetricDescription("process_virtual_memory_bytes", .gauge, "Virtual memory of the process"),
        MetricDescription("process_open_fds", .gauge, "Open file descriptors"),
        MetricDescription("process_max_fds", .gauge, "Limit on open file descriptors"),
        MetricDescription("process_start_time_seconds", .gauge, "When the process started, in seconds since 1970"),
        MetricDescription(
            "arc_build_info", .gauge, labels: ["service", "version"], "Always 1; the labels name the running program"),
    ]

    /// Reads them at every scrape.
    package static func source(service: String, version: String) -> MetricSource {
        let build = MetricSample("arc_build_info", 1, labels: [("service", service), ("version", version)])
        let start = startTime.map { MetricSample("process_start_time_seconds", $0) }
        let constant = [build] + (start.map { [$0] } ?? [])
        return MetricSource("process") { constant + Self.cpu + Self.memory + Self.files }
    }

    /// CPU seconds of the process so far.
    package static var cpuSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Resident memory in bytes; nil where the system does not tell.
    package static var residentBytes: Int? { pages.map { $0.resident * Int(getpagesize()) } }

    private static var cpu: [MetricSample] { [MetricSample("process_cpu_seconds_total", cpuSeconds)] }

    private static var memory: [MetricSample] {
        guard let pages else { return [] }
        let size = Int(getpagesize())
        return [
            MetricSample("process_resident_memory_bytes", pages.resident * size),
            MetricSample("process_virtual_memory_bytes", pages.virtual * size),
        ]
    }

    private static var pages: (virtual: Int, resident: Int)? {
        let fields = (text(of: "/proc/self/statm") ?? "").split(separator: " ").compactMap { Int($0) }
        return fields.count > 1 ? (fields[0], fields[1]) : nil
    }

    private static var files: [MetricSample] {
        var samples: [MetricSample] = []
        if let folder = opendir("/proc/self/fd") {
            var count = 0
            while readdir(folder) != nil { count += 1 }
            closedir(folder)
            // Beside `.`, `..` and the folder itself.
            samples.append(MetricSample("process_open_fds", max(0, count - 3)))
        }
        let limit = sysconf(Int32(_SC_OPEN_MAX))
        if limit > 0 { samples.append(MetricSample("process_max_fds", limit)) }
        return samples
    }

    /// Field 22 of `/proc/self/stat` counts ticks since the system started (proc(5)).
    private static var startTime: Double? {
        guard let stat = text(of: "/proc/self/stat"), let name = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[name...].split(separator: " ")
        guard fields.count > 20, let ticks = Double(fields[20]) else { return nil }
        let boot = (text(of: "/proc/stat") ?? "").split(separator: "\n").first { $0.hasPrefix("btime ") }
        guard let boot, let seconds = Double(boot.dropFirst(6)) else { return nil }
        return seconds + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// The first 64 KiB of a file of the system.
    private static func text(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        var length = 0
        while length < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                read(descriptor, buffer.baseAddress.map { $0 + length }, buffer.count - length)
            }
            guard count > 0 else { break }
            length += count
        }
        return String(decoding: bytes[..<length], as: UTF8.self)
    }
}
