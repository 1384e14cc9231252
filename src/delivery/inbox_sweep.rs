//! Forgets handled messages after the inbox's retention, a page at a time.

use std::sync::Arc;
use std::time::Duration;

use super::relay::commit;
use crate::actor::layout;
use crate::actor::services::Services;
use crate::engine::inbox::Handled;
use crate::store::Batch;

/// Records looked at in one go.
const PAGE: usize = 512;
/// The pause between pages: the sweep must not be felt.
const PAUSE: Duration = Duration::from_millis(20);

/// Sweeps a capability's inbox again and again, until the runtime ends.
pub(crate) async fn sweep_inbox(services: Arc<Services>) {
    let round = (services.limits.inbox_retention / 24)
        .clamp(Duration::from_secs(1), Duration::from_secs(3600));
    loop {
        services.clock.sleep(round).await;
        let mut from = vec![layout::INBOX];
        while let Some(next) = sweep_page(&services, &from).await {
            from = next;
            services.clock.sleep(PAUSE).await;
        }
    }
}

/// Deletes the old records of one page; returns where the next begins.
async fn sweep_page(services: &Services, from: &[u8]) -> Option<Vec<u8>> {
    let retention_ms =
        u64::try_from(services.limits.inbox_retention.as_millis()).unwrap_or(u64::MAX);
    let before_ms = services.clock.wall_ms().saturating_sub(retention_ms);
    let mut batch = Batch::new(services.tree.clone());
    let mut last = None;
    let mut num_read = 0;
    for row in services
        .store
        .scan(services.tree.as_str(), &[layout::INBOX], Some(from))
        .take(PAGE)
    {
        let (key, value) = row.ok()?;
        num_read += 1;
        let is_old = serde_json::from_slice::<Handled>(&value)
            .is_ok_and(|handled| handled.at_ms < before_ms);
        if is_old {
            batch.delete(key.clone());
        }
        last = Some(key);
    }
    if !batch.is_empty() && commit(services, batch).await.is_err() {
        return None;
    }
    let last = last.filter(|_| num_read == PAGE)?;
    Some([last.as_slice(), &[0]].concat())
}
