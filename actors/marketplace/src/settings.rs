//! The section `[capabilities.marketplace.settings]`: whom pages ask for recommendations, and how long they wait.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::config::HumanDuration;

use crate::share::Share;

/// How a page is made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Whom pages ask for recommendations, and how long they wait.
    pub recommendations: RecommendationSettings,
}

/// Whom pages ask for recommendations, and how long they wait.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RecommendationSettings {
    /// How long a page waits for recommendations before it goes without, 1ms to 1m. Default: `300ms`.
    pub deadline: Patience,
    /// How long pages go without recommendations after they did not answer, before they are asked again, 1ms to 1m. Each
    /// actor asks for itself. Default: `1s`.
    pub pause: Patience,
    /// How many books are recommended, 1 to 10. Default: 3.
    #[schemars(range(min = 1, max = 10))]
    pub max_results: MaxResults,
    /// How many of a hundred users are answered by `recommendations_python`, 0 to 100. Default: 0.
    #[schemars(range(min = 0, max = 100))]
    pub share_python: Share,
}

/// How long somebody waits: 1ms to 1m.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "HumanDuration", into = "HumanDuration")]
#[schemars(with = "HumanDuration", extend("x-minimum" = "1ms", "x-maximum" = "1m"))]
pub struct Patience(HumanDuration);

/// A number of books: 1 to 10.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u32", into = "u32")]
pub struct MaxResults(u32);

/// A setting that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutOfRange {
    /// Less than a millisecond, or more than a minute.
    #[error("nobody waits that long, or that briefly: 1ms to 1m can be set")]
    Patience,
    /// None or too many books.
    #[error("{0} books cannot be recommended: 1 to 10 can")]
    MaxResults(u32),
}

impl Patience {
    /// As a duration.
    #[must_use]
    pub fn get(self) -> Duration {
        self.0.get()
    }
}

impl TryFrom<HumanDuration> for Patience {
    type Error = OutOfRange;

    fn try_from(patience: HumanDuration) -> Result<Self, OutOfRange> {
        let bounds = Duration::from_millis(1)..=Duration::from_secs(60);
        if bounds.contains(&patience.get()) {
            Ok(Self(patience))
        } else {
            Err(OutOfRange::Patience)
        }
    }
}

impl From<Patience> for HumanDuration {
    fn from(patience: Patience) -> Self {
        patience.0
    }
}

impl MaxResults {
    /// As a number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for MaxResults {
    type Error = OutOfRange;

    fn try_from(number: u32) -> Result<Self, OutOfRange> {
        if (1..=10).contains(&number) {
            Ok(Self(number))
        } else {
            Err(OutOfRange::MaxResults(number))
        }
    }
}

impl From<MaxResults> for u32 {
    fn from(number: MaxResults) -> Self {
        number.0
    }
}

impl Default for RecommendationSettings {
    fn default() -> Self {
        Self {
            deadline: Patience(HumanDuration::from_millis(300)),
            pause: Patience(HumanDuration::from_secs(1)),
            max_results: MaxResults(3),
            share_python: Share::NONE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_can_be_set() {
        let text = r#"recommendations = { deadline = "1m", pause = "2ms", max_results = 10, share_python = 5 }"#;
        let settings: Settings = toml::from_str(text).unwrap();
        let recommendations = &settings.recommendations;
        assert_eq!(recommendations.deadline.get(), Duration::from_secs(60));
        assert_eq!(recommendations.pause.get(), Duration::from_millis(2));
        assert_eq!(recommendations.max_results.get(), 10);
        assert_eq!(u8::from(recommendations.share_python), 5);
        let again = toml::from_str::<Settings>(&toml::to_string(&settings).unwrap());
        assert_eq!(again.unwrap(), settings);
    }

    #[test]
    fn impossible_values_and_unknown_keys_are_refused() {
        for text in [
            "recommendations.share_python = 101",
            "recommendations.share_python = -1",
            "recommendations.share_python = 2.5",
            "recommendations.max_results = 0",
            "recommendations.max_results = 11",
            "recommendations.deadline = \"0ms\"",
            "recommendations.deadline = \"61s\"",
            "recommendations.pause = \"0ms\"",
            "recommendations.share = 1",
            "share_python = 1",
        ] {
            assert!(toml::from_str::<Settings>(text).is_err(), "{text}");
        }
    }
}
