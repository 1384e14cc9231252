//! The section `[capabilities.search.settings]`: which hotels are searched.

use hotel_vocabulary::HotelName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which hotels are searched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The hotels to ask, each a key of the reservations. Default: `Resort Hotel` and `City Hotel`.
    pub hotels: Vec<HotelName>,
}

impl Default for Settings {
    fn default() -> Self {
        let hotels = ["Resort Hotel", "City Hotel"];
        Self {
            hotels: hotels
                .into_iter()
                .filter_map(|hotel| hotel.parse().ok())
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hotels_can_be_set_and_unknown_keys_are_refused() {
        let settings: Settings = toml::from_str(r#"hotels = ["Grand Hotel"]"#).unwrap();
        assert_eq!(settings.hotels[0].as_str(), "Grand Hotel");
        assert_eq!(toml::from_str::<Settings>("").unwrap().hotels.len(), 2);
        assert!(toml::from_str::<Settings>("hotel = 1").is_err());
    }
}
