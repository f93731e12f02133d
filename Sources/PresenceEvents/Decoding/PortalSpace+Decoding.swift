// SPDX-License-Identifier: Apache-2.0

import PresenceModel

extension PortalSpace {
  private enum Field: UInt8, EventField {
    case space, impEnabled, services

    init?(key: ByteView) {
      switch key {
      case ByteView("space"): self = .space
      case ByteView("impEnabled"): self = .impEnabled
      case ByteView("services"): self = .services
      default: return nil
      }
    }
  }

  /// Reads a space; services of other names are ignored, a later version of the portal may offer more.
  init(json: JSONValue) throws(DecodingFailure) {
    self.init(space: .empty, impEnabled: false, services: [])
    var fields = try FieldReader<Field>(json)
    while let field = try fields.next() {
      switch field {
      case .space: space = try fields.requiredIdentifier()
      case .impEnabled: impEnabled = try fields.boolean()
      case .services:
        var offered: Services = []
        try fields.forEachElement { element throws(DecodingFailure) in
          offered.formUnion(Services(wireName: try element.name()))
        }
        services = offered
      }
    }
    try fields.require(.space)
    try fields.require(.impEnabled)
    try fields.require(.services)
  }
}

extension PortalSpace.Services {
  /// The service of a name on the wire; nothing where the name is not known.
  init(wireName: ByteView) {
    switch wireName {
    case ByteView("profile"): self = .profile
    case ByteView("mail"): self = .mail
    case ByteView("im"): self = .im
    default: self = []
    }
  }
}

extension JSONValue {
  /// The text of an array's element that should be a string.
  func name() throws(DecodingFailure) -> ByteView {
    guard let text else {
      throw DecodingFailure(.wrongType, field: "", problem: "should be a string and is \(kindName)")
    }
    return text
  }
}
