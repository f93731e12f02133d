// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import Testing

@Suite struct PercentEncodingTests {
  @Test func onlyTheUnreservedBytesStay() {
    let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
    for byte in UInt8.min...UInt8.max {
      var sink: [UInt8] = []
      PercentEncoding.write(byte, into: &sink)
      let hexadecimal = String(byte, radix: 16, uppercase: true)
      let encoded = "%" + (hexadecimal.utf8.count == 1 ? "0" : "") + hexadecimal
      #expect(sink == (unreserved.contains(byte) ? [byte] : Array(encoded.utf8)))
    }
  }

  @Test(arguments: [
    ("", ""), ("jane_doe-1.~", "jane_doe-1.~"), ("a b+c", "a%20b%2Bc"), ("&;?#%/=", "%26%3B%3F%23%25%2F%3D"),
    ("Ä€😀", "%C3%84%E2%82%AC%F0%9F%98%80"), ("\r\n", "%0D%0A"),
  ])
  func textsAreEncodedByTheirUTF8(_ text: String, _ encoded: String) {
    var sink: [UInt8] = []
    var counter = ByteCounter()
    ByteView.withView(of: text) {
      PercentEncoding.write($0, into: &sink)
      PercentEncoding.write($0, into: &counter)
    }
    #expect(String(decoding: sink, as: UTF8.self) == encoded)
    #expect(counter.count == sink.count)
  }
}
