// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What the system knows of this process, by the names that all of Prometheus' client libraries use.
///
/// Reads Linux's `/proc`; where there is none, only what POSIX tells is written.
public enum ProcessMetrics {
  private static let memory = MetricFamily(
    "process_resident_memory_bytes",
    .gauge,
    unit: .bytes,
    "Memory of the process that is in RAM.",
    alert: "it comes near the container's limit"
  )
  private static let virtualMemory = MetricFamily(
    "process_virtual_memory_bytes",
    .gauge,
    unit: .bytes,
    "Address space of the process."
  )
  private static let processor = MetricFamily(
    "process_cpu_seconds_total",
    .counter,
    unit: .seconds,
    "Processor time that the process has used, in user and system mode."
  )
  private static let descriptors = MetricFamily(
    "process_open_fds",
    .gauge,
    "Open file descriptors.",
    alert: "above 80 % of `process_max_fds`"
  )
  private static let maximumDescriptors = MetricFamily(
    "process_max_fds",
    .gauge,
    "The most file descriptors that the process may have open."
  )
  private static let threads = MetricFamily("process_threads", .gauge, "Threads of the process.")
  private static let start = MetricFamily(
    "process_start_time_seconds",
    .gauge,
    unit: .seconds,
    "When the process was started, in seconds since 1970.",
    alert: "`changes(process_start_time_seconds[15m]) > 2`: it starts again and again"
  )

  /// The families that are written.
  public static let families = [memory, virtualMemory, processor, descriptors, maximumDescriptors, threads, start]

  /// Writes the values of this moment.
  public static func write(to page: inout MetricPage) {
    var usage = rusage()
    getrusage(Resource.ownUsage, &usage)
    let seconds = [usage.ru_utime, usage.ru_stime].reduce(0.0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    page.write(processor) { $0.add(seconds) }
    var limit = rlimit()
    if getrlimit(Resource.files, &limit) == 0 {
      page.write(maximumDescriptors) { $0.add(UInt64(limit.rlim_cur)) }
    }
    guard let status = ProcessStatus.read() else { return }
    page.write(memory) { $0.add(status.residentBytes) }
    page.write(virtualMemory) { $0.add(status.virtualBytes) }
    page.write(threads) { $0.add(status.threads) }
    page.write(start) { $0.add(status.startSeconds) }
    if let open = ProcessStatus.openDescriptors() { page.write(descriptors) { $0.add(open) } }
  }
}

/// The fields of `/proc/self/stat` that are of interest.
struct ProcessStatus {
  var threads: Int
  var startSeconds: Double
  var virtualBytes: Int
  var residentBytes: Int

  /// Reads the line; nil where there is none.
  static func read() -> ProcessStatus? {
    guard let line = text(of: "/proc/self/stat"), let boot = bootTime() else { return nil }
    return ProcessStatus(line, bootTime: boot, ticks: sysconf(Int32(_SC_CLK_TCK)), page: sysconf(Int32(_SC_PAGESIZE)))
  }

  /// Takes a line apart. The name of the program stands in parentheses and may have any character in it.
  init?(_ line: String, bootTime: Int, ticks: Int, page: Int) {
    guard let name = line.lastIndex(of: ")") else { return nil }
    let fields = line[line.index(after: name)...].split(whereSeparator: \.isWhitespace)
    // The first field behind the name is number 3 of proc(5).
    func number(_ field: Int) -> Int? { fields.indices.contains(field - 3) ? Int(fields[field - 3]) : nil }
    guard let threads = number(20), let start = number(22), let virtual = number(23), let resident = number(24) else {
      return nil
    }
    self.threads = threads
    startSeconds = Double(bootTime) + Double(start) / Double(ticks)
    virtualBytes = virtual
    residentBytes = resident * page
  }

  /// The number of entries in `/proc/self/fd` without the one that counting opens.
  static func openDescriptors() -> Int? {
    guard let directory = opendir("/proc/self/fd") else { return nil }
    defer { closedir(directory) }
    var count = 0
    while let entry = readdir(directory) {
      let first = withUnsafeBytes(of: entry.pointee.d_name) { $0[0] }
      if first != UInt8(ascii: ".") { count += 1 }
    }
    return count - 1
  }

  private static func bootTime() -> Int? {
    text(of: "/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
      .flatMap { Int($0.dropFirst("btime ".count)) }
  }

  private static func text(of path: String) -> String? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// The constants, which are enumerations of C in glibc and functions with numbers for parameters take them.
private enum Resource {
  #if canImport(Glibc)
    static let ownUsage = __rusage_who_t(RUSAGE_SELF.rawValue)
    static let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
  #else
    static let ownUsage = RUSAGE_SELF
    static let files = RLIMIT_NOFILE
  #endif
}
