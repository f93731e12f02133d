// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Logging
import Operations
import ServiceLifecycle
import UnixSignals
import Worker

/// Reads the configuration again on SIGHUP, and lets the running worker go by what is new in it.
///
/// (a) Nothing is taken over unless all of it is in order: the file, the agents, their secrets.
/// (b) Keys that take a restart are named in the log and stay as they were.
/// (c) The agents are always made anew, so that secrets that have changed in their files are read again.
struct ReloadService: Service {
  let options: ConfigurationOptions
  /// What the worker was started with.
  let running: WorkerConfiguration
  let runtime: WorkerRuntime
  let threshold: LogThreshold
  let logger: Logger

  func run() async throws {
    var running = running
    for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
      running = await reload(running)
    }
  }

  /// Goes over to the new configuration. Returns what the worker goes by then.
  private func reload(_ running: WorkerConfiguration) async -> WorkerConfiguration {
    do {
      let wanted = try options.loader().load().configuration
      let change = try ConfigurationChange(from: running, to: wanted)
      let (directory, roster) = try AgentAssembly.agents(change.configuration, logger)
      let live: LiveRoster?
      do throws(ConfigurationError) {
        live = try AgentAssembly.live(change.configuration, directory)
      } catch {
        await roster?.abandon()
        throw error
      }
      await runtime.adopt(change.configuration, directory: directory, roster: roster, live: live)
      threshold.level = change.configuration.log.level
      logger.notice(
        "Configuration reloaded",
        metadata: [
          "changed": "\(change.applied.isEmpty ? "nothing" : change.applied.joined(separator: ", "))",
          "agents": "\(directory.descriptors.count)", "agentsHash": "\(directory.hash)",
        ]
      )
      if !change.deferred.isEmpty {
        logger.warning(
          "Keys were changed that take a restart; they stay as they were",
          metadata: ["keys": "\(change.deferred.joined(separator: ", "))"]
        )
      }
      return change.configuration
    } catch let error as ConfigurationError {
      for problem in error.problems {
        logger.error("Problem in the configuration", metadata: ["problem": "\(problem)"])
      }
    } catch let failure as CommandFailure {
      logger.error("Problem in the configuration", metadata: ["problem": "\(failure.message)"])
    } catch {
      logger.error("Problem in the configuration", metadata: ["problem": "\(error)"])
    }
    logger.error("Configuration refused; the worker goes on with the one before")
    return running
  }
}

extension ReloadService: CustomStringConvertible {
  /// What a service group logs of the service: not what it holds, which may be secret.
  var description: String { "ReloadService" }
}
