//! Pages of an event log, for onlookers in other processes.

use std::time::Duration;

use futures_util::FutureExt;
use serde_json::value::to_raw_value;

use super::verbs::{LogAsked, LogFound, LogFrom, LogSaid};
use crate::delivery::{Filter, Found, LogReader, ReadEnd, Start};
use crate::runtime::install::Installed;

/// Bytes of a page: it has to fit into one message, together with the one event that may be as large as a message.
const PAGE_BYTES: usize = 128 * 1024;
/// The longest that an answer waits for something to say, whatever is asked for.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// How long somebody who looked on counts as looking on: until the next page is asked for.
const LEASE: Duration = Duration::from_secs(10);

/// Reads the next page; waits a while when there is nothing to say. `None` when no more will come.
pub(super) async fn page(
    installed: &Installed,
    asked: LogAsked,
) -> Option<Result<LogSaid, String>> {
    let start = match asked.from {
        LogFrom::Now => Start::Now,
        LogFrom::Oldest => Start::Oldest,
        LogFrom::After(position) => Start::After(position),
    };
    let filter = Filter {
        event: asked.event,
        key: asked.key,
    };
    keep_watched(installed);
    let mut reader = LogReader::new(&installed.services, filter, start);
    let clock = installed.services.clock.clone();
    let mut said = LogSaid {
        found: Vec::new(),
        read_to: reader.position(),
    };
    if start == Start::Now {
        return Some(Ok(said));
    }
    let wait = Duration::from_millis(asked.wait_ms).min(WAIT_MAX);
    let mut next = tokio::select! {
        next = reader.next() => Some(next),
        () = clock.sleep(wait) => None,
    };
    let mut num_bytes = 0;
    while let Some(found) = next {
        match found {
            Ok(found) => {
                let found = told(&found).ok()?;
                num_bytes += size(&found);
                // What does not fit any more is read again with the next page.
                if num_bytes > PAGE_BYTES && !said.found.is_empty() {
                    return Some(Ok(said));
                }
                said.found.push(found);
            }
            Err(ReadEnd::Stopped) if said.found.is_empty() => return None,
            Err(ReadEnd::Store(reason)) if said.found.is_empty() => return Some(Err(reason)),
            Err(_) => return Some(Ok(said)),
        }
        said.read_to = reader.position();
        next = reader.next().now_or_never();
    }
    said.read_to = reader.position();
    Some(Ok(said))
}

/// A log that is only kept while somebody looks is kept from one page to the next.
fn keep_watched(installed: &Installed) {
    let services = &installed.services;
    if services.log.keeps() {
        return;
    }
    let (onlooker, clock) = (services.log.look(), services.clock.clone());
    services.tasks.spawn(async move {
        clock.sleep(LEASE).await;
        drop(onlooker);
    });
}

fn told(found: &Found) -> serde_json::Result<LogFound> {
    Ok(match found {
        Found::Event(position, row) => LogFound::Event {
            position: *position,
            row: to_raw_value(&**row)?,
        },
        Found::Gap(range) => LogFound::Gap {
            from: range.start,
            until: range.end,
        },
    })
}

fn size(found: &LogFound) -> usize {
    match found {
        LogFound::Event { row, .. } => row.get().len() + 64,
        LogFound::Gap { .. } => 64,
    }
}
