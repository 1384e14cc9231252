//! Guards on the routes to capabilities, as their settings want them.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::actor::random::Random;
use crate::call::Clock;
use crate::call::guard::{BreakerRules, Guard, GuardRules, RetryRules};
use crate::call::route::Route;
use crate::config::CapabilitySettings;

/// Puts a guard before a capability, if its settings want one.
pub(super) fn put(
    route: &Route,
    settings: &CapabilitySettings,
    remembers: bool,
    idempotent: BTreeSet<String>,
    random: &Arc<Random>,
) {
    let rules = rules(settings, remembers, idempotent);
    if let Some(guard) = guard(route.contract, rules, &route.clock, random) {
        route.guard_with(guard);
    }
}

/// The guard that the rules want, if any.
pub(super) fn guard(
    capability: &'static str,
    rules: GuardRules,
    clock: &Clock,
    random: &Arc<Random>,
) -> Option<Arc<Guard>> {
    let random = Arc::clone(random);
    let jitter = Box::new(move || random.fraction());
    Guard::new(capability, clock.clone(), rules, jitter)
}

/// What the settings of a capability want; `remembers` and `idempotent` say which of its messages may come twice.
pub(super) fn rules(
    settings: &CapabilitySettings,
    remembers: bool,
    idempotent: BTreeSet<String>,
) -> GuardRules {
    let at_least_one = |number: u32| usize::try_from(number).ok().filter(|number| *number > 0);
    let (breaker, delivery) = (&settings.breaker, &settings.delivery);
    GuardRules {
        breaker: at_least_one(breaker.failures).map(|failures| BreakerRules {
            failures,
            within: breaker.within.get(),
            open_for: breaker.open_for.get(),
        }),
        calls_at_once: at_least_one(settings.calls_at_once),
        retries: (settings.retries > 0).then(|| RetryRules {
            retries: settings.retries,
            backoff_min: delivery.backoff_min.get(),
            backoff_max: delivery.backoff_max.get(),
            remembers,
            idempotent,
        }),
    }
}
