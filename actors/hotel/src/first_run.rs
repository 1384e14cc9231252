//! The first run: a store without a reservation is given a few, so that there is something to see.

use std::io::Write;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use hotel_vocabulary::Day;
use reservations_contract::BookAudit;
use serde::de::DeserializeOwned;
use serde_json::Value;
use skep::Runtime;

use crate::demo;
use crate::replay::{Drive, Progress, audits, books, plan};

/// How many bookings are made up.
const BOOKINGS: u64 = 24;
/// What they are made up from.
const SEED: u64 = 2026;
/// How long their events may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Makes up bookings if there are none, and says what came of them. Where the hotel is split, the node with the API's door does, and
/// opens its door all the same when others are not there.
///
/// # Errors
/// What stood in the way, in words.
pub async fn prepare(runtime: Runtime) -> Result<(), String> {
    if !runtime.is_split() {
        return make_up(&runtime).await;
    }
    if !has_door(&runtime)? {
        return Ok(());
    }
    if let Err(reason) = make_up(&runtime).await {
        let _ = writeln!(
            std::io::stderr().lock(),
            "no bookings are made up: {reason}"
        );
    }
    Ok(())
}

async fn make_up(runtime: &Runtime) -> Result<(), String> {
    if num_reservations(&books(runtime).await?) > 0 {
        return Ok(());
    }
    seed(runtime).await;
    let audits = audits(runtime).await?;
    let reports: reports::settings::Settings = settings(runtime, "reports")?;
    let notifications: notifications::settings::Settings = settings(runtime, "notifications")?;
    let _ = writeln!(
        std::io::stdout().lock(),
        "first run: {} made-up bookings, {} stays billed; invoices in {}, mails in {}",
        num_reservations(&audits.books),
        audits.ledger.bills,
        reports.folder.display(),
        notifications.folder.display(),
    );
    Ok(())
}

async fn seed(runtime: &Runtime) {
    #[expect(
        clippy::disallowed_methods,
        reason = "the made-up bookings are around today, and nothing else depends on it"
    )]
    let today = Day::at(std::time::SystemTime::now());
    let steps = plan(&demo::bookings(SEED, BOOKINGS, today), Some(today));
    let drive = Drive {
        books: runtime.get(),
        window: 8,
        progress: &Progress::silent(),
        stop: &AtomicBool::new(false),
    };
    drive.run(steps).await;
    runtime.settled(PATIENCE).await;
}

/// Whether this process has the API's door: a node that has not is told so by its configuration.
fn has_door(runtime: &Runtime) -> Result<bool, String> {
    let gateway = runtime.config().section::<Value>("gateway");
    let gateway = gateway.map_err(|problems| problems.to_string())?;
    Ok(gateway["enabled"] == true)
}

fn settings<S: DeserializeOwned>(runtime: &Runtime, capability: &str) -> Result<S, String> {
    let section = format!("capabilities.{capability}.settings");
    let settings = runtime.config().section(&section);
    settings.map_err(|problems| problems.to_string())
}

fn num_reservations(books: &[BookAudit]) -> u64 {
    books.iter().map(BookAudit::reservations).sum()
}
