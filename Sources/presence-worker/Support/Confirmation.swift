// SPDX-License-Identifier: Apache-2.0

/// Asks whoever typed a command before it does what cannot be taken back.
enum Confirmation {
  /// Returns where the answer is yes, or `isGiven` says so already.
  ///
  /// - Throws: wrong usage where nobody can be asked, and a failure without harm where the answer is no.
  static func ask(_ question: String, isGiven: Bool) throws(CommandFailure) {
    if isGiven { return }
    guard Terminal.isInputInteractive else {
      throw CommandFailure(.usage, "\(question) Nobody is there to be asked.", advice: "--yes answers in advance.")
    }
    Terminal.writeErrorText("\(question) [y/N] ")
    let answer = readLine()?.lowercased() ?? ""
    guard ["y", "yes"].contains(answer) else { throw CommandFailure(.temporary, "nothing was done") }
  }
}
