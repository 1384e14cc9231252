//! Asks every capability what it says of itself.

use std::fmt::Debug;
use std::time::Duration;

use reservations_contract::{BookAudit, Reservations};
use skep::{AskError, Runtime};

use super::verify::Audits;

/// How long one audit may take: it reads everything there is.
const DEADLINE: Duration = Duration::from_secs(120);

/// The audits of all capabilities.
///
/// # Errors
/// What stood in the way, in words.
pub async fn audits(runtime: &Runtime) -> Result<Audits, String> {
    let ledger = runtime.get::<payments_contract::Payments>();
    let invoices = runtime.get::<reports_contract::Reports>();
    let mails = runtime.get::<notifications_contract::Notifications>();
    Ok(Audits {
        books: books(runtime).await?,
        ledger: ledger
            .ask(payments_contract::Audit {})
            .deadline(DEADLINE)
            .await
            .map_err(words)?,
        invoices: invoices
            .ask(reports_contract::Audit {})
            .deadline(DEADLINE)
            .await
            .map_err(words)?,
        mails: mails
            .ask(notifications_contract::Audit {})
            .deadline(DEADLINE)
            .await
            .map_err(words)?,
        dead_letters: dead_letters(runtime).await?,
    })
}

/// The audits of the books of all hotels.
///
/// # Errors
/// What stood in the way, in words.
pub async fn books(runtime: &Runtime) -> Result<Vec<BookAudit>, String> {
    let settings: reservations::settings::Settings = runtime
        .config()
        .section("capabilities.reservations.settings")
        .map_err(|problems| problems.to_string())?;
    let all_books = runtime.get::<Reservations>();
    let mut books = Vec::new();
    for hotel in settings.hotels.keys() {
        let book = all_books.key(hotel.as_str());
        let audit = book.ask(reservations_contract::Audit {});
        books.push(audit.deadline(DEADLINE).await.map_err(words)?);
    }
    Ok(books)
}

/// Events that no attempt could deliver, in whatever process.
async fn dead_letters(runtime: &Runtime) -> Result<u64, String> {
    let members = runtime.colony().await;
    let hosted: Vec<_> = members
        .iter()
        .flat_map(|member| &member.capabilities)
        .collect();
    for capability in runtime.capabilities() {
        let name = &capability.contract.name;
        if !hosted.iter().any(|hosted| hosted.capability == *name) {
            return Err(format!("nobody who hosts {name} answers"));
        }
    }
    let dead = hosted.iter().map(|hosted| {
        let capability = &hosted.capability;
        let dead = hosted.num_dead_letters;
        dead.ok_or_else(|| format!("the dead letters of {capability} cannot be read"))
    });
    dead.sum()
}

#[expect(clippy::needless_pass_by_value, reason = "errors are mapped by value")]
fn words<E: Debug>(error: AskError<E>) -> String {
    error.to_string()
}
