//! How a runtime ends: with all that it has accepted, or at once when nobody holds it any more.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join, join_all};
use tokio::sync::oneshot;

use super::health::Health;
use super::running::{LOOK, Parts, Runtime};
use crate::call::Tick;
use crate::call::route::Target;

/// How long the shutdown deadline is overdrawn for turns that are let go of in the middle.
const LAST_GRACE: Duration = Duration::from_millis(200);

impl Runtime {
    /// Stops: refuses new calls from outside, lets the actors finish what has been accepted, then stops each. What
    /// is not finished within `[runtime] shutdown_deadline` (default 30 s) is left; durable deliveries go on at the next start.
    ///
    /// Safe to call more than once; later calls wait for the first.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropped half way, the runtime takes no calls and is never fully stopped.
    pub async fn stop(&self) {
        self.stop_within(None).await;
    }

    /// Stops, within the time that is left to those who stop with it, or that the configuration gives.
    async fn stop_within(&self, time: Option<Duration>) {
        let taken = self.parts.lock().take();
        let Some(parts) = taken else {
            self.health_becomes(|health| *health == Health::Stopped)
                .await;
            return;
        };
        self.health.set(Health::Stopping);
        let clock = self.directory.clock();
        let time = time.unwrap_or_else(|| parts.settings.shutdown_deadline.get());
        let until = clock.now().after(time);
        if !self.companions.is_empty() {
            self.directory.close();
            self.wind_down(&parts, until).await;
        }
        let left = until.since(clock.now());
        let companions = self.companions.iter();
        let companions = companions.map(|companion| Box::pin(companion.stop_within(Some(left))));
        join(parts.leave_and_finish(until), join_all(companions)).await;
        if !self.companions.is_empty() {
            // What they have answered last has come when this has.
            parts.say_the_last(clock.now().after(LAST_GRACE)).await;
        }
        parts.end().await;
        self.health.set(Health::Stopped);
    }

    /// Lets the nodes of one colony finish what they have begun together: none of them may stop while another needs it.
    async fn wind_down(&self, own: &Arc<Parts>, until: Tick) {
        let clock = self.directory.clock();
        let companions = self.companions.iter().filter_map(Self::parts);
        let all: Vec<_> = companions.chain([Arc::clone(own)]).collect();
        for parts in &all {
            parts.post.pause();
        }
        let is_busy = |parts: &Arc<Parts>| !parts.is_finished() || parts.has_calls();
        while all.iter().any(is_busy) && clock.now() < until {
            clock.sleep(LOOK).await;
        }
    }
}

impl Parts {
    /// Tells those who look on that no more will come.
    fn close_logs(&self) {
        for installed in &self.installed {
            installed.services.log.close();
        }
    }

    /// Whether calls over the network are under way, from here or to here.
    fn has_calls(&self) -> bool {
        self.network
            .as_ref()
            .is_some_and(|network| network.has_calls())
    }

    /// Takes no more calls of other processes, and answers what was taken; then lets the actors finish, and stops them.
    async fn leave_and_finish(&self, until: Tick) {
        let clock = self.directory.clock();
        let mut leaving = self.leaving();
        let has_left = tokio::select! {
            () = &mut leaving => true,
            () = clock.sleep_until(until) => {
                tracing::warn!("the shutdown deadline has passed: calls of other processes are left");
                false
            }
        };
        self.directory.close();
        self.finish(until).await;
        if !has_left {
            // Whoever waits for what was let go of is told so now.
            tokio::select! {
                () = leaving => {}
                () = clock.sleep(LAST_GRACE) => {}
            }
        }
    }

    async fn say_the_last(&self, until: Tick) {
        tokio::select! {
            () = self.leaving() => {}
            () = self.directory.clock().sleep_until(until) => {}
        }
    }

    fn leaving(&self) -> BoxFuture<'static, ()> {
        match &self.network {
            Some(network) => Arc::clone(network).leave(),
            None => std::future::ready(()).boxed(),
        }
    }

    /// Whether nothing is left that would be lost with the process.
    fn is_finished(&self) -> bool {
        let mut hosts = self.installed.iter().map(|installed| &installed.host);
        hosts.all(|host| host.is_idle()) && !self.post.is_needed()
    }

    /// Lets the actors finish, then stops them; gives up at `until`.
    async fn finish(&self, until: Tick) {
        let clock = self.directory.clock();
        self.post.pause();
        while !self.is_finished() {
            if clock.now() >= until {
                tracing::warn!("the shutdown deadline has passed: turns that still run are left");
                break;
            }
            clock.sleep(LOOK).await;
        }
        self.post.close();
        let stops = join_all(self.installed.iter().map(|installed| installed.host.stop()));
        tokio::select! {
            _ = stops => {}
            () = clock.sleep_until(until) => {
                tracing::warn!("the shutdown deadline has passed: actors that did not stop are left");
            }
        }
        self.abandon();
        let stopped = join_all(self.installed.iter().map(|installed| installed.host.stop()));
        tokio::select! {
            _ = stopped => {}
            () = clock.sleep(LAST_GRACE) => tracing::warn!("a turn blocks its thread: it is left behind"),
        }
    }

    /// Lets go of actors that have not stopped, and tells those who wait for them.
    fn abandon(&self) {
        for installed in &self.installed {
            installed.host.abandon();
            installed.route.lead_to(Target::Closed);
        }
    }

    /// Ends tasks, committer and threads, so that the store is free for the next process.
    async fn end(&self) {
        self.close_logs();
        if let Some(network) = &self.network {
            network.abandon();
        }
        self.tasks.end().await;
        let committer = self
            .durable
            .as_ref()
            .map(|durable| durable.committer.clone());
        let mut hosts = self.hosts.lock().take();
        if !hosts.has_threads() {
            // In virtual time nothing waits for threads: time would jump meanwhile.
            if let Some(committer) = committer {
                committer.shutdown();
            }
            hosts.end();
            return;
        }
        let (sender, ended) = oneshot::channel();
        // Both wait for threads, which must not be done on one of them, nor on the caller's executor.
        let ending = std::thread::Builder::new()
            .name("skep-stop".to_owned())
            .spawn(move || {
                if let Some(committer) = committer {
                    committer.shutdown();
                }
                hosts.end();
                let _ = sender.send(());
            });
        if ending.is_ok() {
            let _ = ended.await;
        }
    }
}

impl Drop for Parts {
    /// Also reached without [`Runtime::stop`]: nobody may wait for ever, and the store must be free.
    fn drop(&mut self) {
        self.directory.close();
        self.post.close();
        self.close_logs();
        self.tasks.cancel();
        self.abandon();
        if let Some(network) = &self.network {
            network.abandon();
        }
        self.hosts.lock().end();
        // Those that were just running have come to rest with their threads.
        self.abandon();
        // A reply leaves before the committer lets go of what it was told with: wait until it has, to free the store.
        if let Some(durable) = &self.durable {
            durable.committer.shutdown();
        }
        self.health.set(Health::Stopped);
    }
}
