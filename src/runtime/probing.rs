//! Calls that are sent as they are, whatever they say: to find out how a service takes them.

use std::sync::Arc;
use std::time::Duration;

use super::running::Runtime;
use crate::call::Key;
use crate::transport::Frame;

/// How long an answer may take that should come at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was answered to a probe.
#[derive(Debug, Clone)]
pub(crate) struct Probed {
    /// 200 for a reply, 409 for a refusal of the domain, else the number of the error.
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Runtime {
    /// Sends a body to a message of a capability over the network, of one key where it is keyed; `is_late` says that nobody waits for the reply any more.
    ///
    /// # Errors
    ///
    /// Why there is no answer, in words.
    pub(crate) async fn probe(
        &self,
        capability: &str,
        message: &str,
        key: Option<&Key>,
        body: Vec<u8>,
        is_late: bool,
    ) -> Result<Probed, String> {
        let parts = self.parts().ok_or("the runtime has stopped")?;
        let network = parts.network.as_ref().ok_or("there is no network")?;
        let now_ms = self.clock().wall_ms();
        let patience_ms = u64::try_from(PATIENCE.as_millis()).unwrap_or(u64::MAX);
        let deadline_ms = match is_late {
            true => now_ms.saturating_sub(patience_ms),
            false => now_ms.saturating_add(patience_ms),
        };
        let call = Frame::bare(deadline_ms, key, body);
        let answer = Arc::clone(network).probe(capability, message, call, PATIENCE);
        let answer = answer.await.map_err(|unanswered| unanswered.to_string())?;
        Ok(Probed {
            status: answer.status(),
            body: answer.body,
        })
    }
}
