//! The section `[capabilities.reports.settings]`: where invoices go, and what stands at their head.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hotel_vocabulary::HotelName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where invoices go, and what stands at their head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The folder of invoices; each hotel has a folder below it. Default: `./data/invoices`.
    pub folder: PathBuf,
    /// The value-added tax that the prices include, in percent; 0 leaves its line out. Default: 6.
    pub vat_percent: u32,
    /// The address of each hotel, line by line; a hotel without one has its name alone. Default: none.
    pub letterheads: BTreeMap<HotelName, Vec<String>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            folder: PathBuf::from("./data/invoices"),
            vat_percent: 6,
            letterheads: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// The lines below the name of a hotel.
    #[must_use]
    pub fn letterhead(&self, hotel: &HotelName) -> &[String] {
        self.letterheads.get(hotel).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_can_be_set() {
        let text = r#"
            folder = "out"
            vat_percent = 0
            letterheads."City Hotel" = ["Rua Augusta 1", "1100-048 Lisboa"]
        "#;
        let settings: Settings = toml::from_str(text).unwrap();
        assert_eq!(
            (settings.folder.to_str(), settings.vat_percent),
            (Some("out"), 0)
        );
        assert_eq!(settings.letterhead(&"City Hotel".parse().unwrap()).len(), 2);
        assert!(
            settings
                .letterhead(&"Resort Hotel".parse().unwrap())
                .is_empty()
        );
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(toml::from_str::<Settings>("dir = \"x\"").is_err());
    }
}
