// SPDX-License-Identifier: Apache-2.0

#if LIBFUZZER
  import Foundation
  import FuzzTargets
  import LibFuzzer

  /// The target that the environment names, since libFuzzer's arguments are its own.
  private let target = FuzzTarget.chosen(ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? "")

  /// What libFuzzer calls with each input.
  @_cdecl("LLVMFuzzerTestOneInput")
  public func feedTarget(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    target.run(Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
  }

  /// SwiftPM renames the entry points of executables so that tests can be linked with them, and expects this one here;
  /// libFuzzer's own `main` does the same.
  @_cdecl("presence_fuzz_main")
  public func startFuzzing(
    _ count: CInt,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
  ) -> CInt {
    var count = count
    var arguments = arguments
    return LLVMFuzzerRunDriver(&count, &arguments) { feedTarget($0, $1) }
  }
#endif
