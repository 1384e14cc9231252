//! The section `[capabilities.payments.settings]`: how the sandbox bank behaves, and how long deposits wait.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::config::HumanDuration;

/// How the sandbox bank behaves, and how long deposits wait.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The sandbox bank. Default: answers at once, and always yes.
    pub bank: BankSettings,
    /// How long a charged deposit waits for its reservation before it is given back. Default: `24h`.
    pub confirm_within: HumanDuration,
}

/// The behaviour of the sandbox bank.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BankSettings {
    /// How long the bank thinks before it answers. Default: `0ms`.
    pub latency: HumanDuration,
    /// How many of a hundred charges are declined, always the same ones for the same seed. Default: 0.
    #[schemars(range(min = 0, max = 100))]
    pub declines_percent: Chance,
    /// How many of a hundred attempts find the bank out of service; the next attempt may succeed. Default: 0.
    #[schemars(range(min = 0, max = 100))]
    pub outages_percent: Chance,
    /// Which charges are declined. Default: 0.
    pub seed: u64,
}

/// A probability in percent, 0 to 100, fractions allowed.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "f64", into = "f64")]
pub struct Chance(f64);

/// The number is no probability.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{0} percent is no probability: 0 to 100 can be set")]
pub struct NoProbability(f64);

impl Chance {
    /// Whether it happens, when `dice` is evenly spread over all numbers.
    #[must_use]
    pub fn hits(self, dice: u64) -> bool {
        // 53 bits are what an f64 holds exactly: the share lies in 0.0 to just below 1.0.
        let share = (dice >> 11) as f64 / (1u64 << 53) as f64;
        share * 100.0 < self.0
    }
}

impl TryFrom<f64> for Chance {
    type Error = NoProbability;

    fn try_from(percent: f64) -> Result<Self, NoProbability> {
        if (0.0..=100.0).contains(&percent) {
            Ok(Self(percent))
        } else {
            Err(NoProbability(percent))
        }
    }
}

impl From<Chance> for f64 {
    fn from(chance: Chance) -> Self {
        chance.0
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bank: BankSettings::default(),
            confirm_within: HumanDuration::from_secs(24 * 60 * 60),
        }
    }
}

impl Default for BankSettings {
    fn default() -> Self {
        Self {
            latency: HumanDuration::from_millis(0),
            declines_percent: Chance(0.0),
            outages_percent: Chance(0.0),
            seed: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_can_be_set() {
        let text = r#"
            confirm_within = "90m"
            bank = { latency = "20ms", declines_percent = 2.5, outages_percent = 1, seed = 7 }
        "#;
        let settings: Settings = toml::from_str(text).unwrap();
        assert_eq!(settings.confirm_within, HumanDuration::from_secs(90 * 60));
        assert_eq!(settings.bank.latency, HumanDuration::from_millis(20));
        assert_eq!(settings.bank.declines_percent, Chance(2.5));
        assert_eq!(
            (settings.bank.outages_percent, settings.bank.seed),
            (Chance(1.0), 7)
        );
        assert_eq!(
            toml::from_str::<Settings>(&toml::to_string(&settings).unwrap()).unwrap(),
            settings
        );
    }

    #[test]
    fn impossible_values_and_unknown_keys_are_refused() {
        for text in [
            "bank.declines_percent = 101",
            "bank.outages_percent = -1",
            "bank.delay = 1",
            "confirm_within = \"-1h\"",
        ] {
            assert!(toml::from_str::<Settings>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_chance_hits_its_share_of_the_dice() {
        assert!(!Chance(0.0).hits(0) && Chance(100.0).hits(u64::MAX));
        assert!(Chance(50.0).hits(u64::MAX / 2 - 4096) && !Chance(50.0).hits(u64::MAX / 2 + 4096));
    }
}
