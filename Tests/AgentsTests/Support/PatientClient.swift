// SPDX-License-Identifier: Apache-2.0

@testable import Agents

extension AsyncAgentHTTPClient.Configuration {
  /// As by default, but a connection may take what it takes on a machine that does other things as well.
  static var patient: Self { Self(connectTimeout: .seconds(600)) }
}
