//! A capability with settings of its own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Message, StartError};

/// Which word is right is a matter of configuration.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct FussySettings {
    word: String,
}

impl Default for FussySettings {
    fn default() -> Self {
        Self {
            word: "please".to_owned(),
        }
    }
}

/// Answers with the word.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = String)]
pub(crate) struct Word {}

skep::contract! {
    /// Wants a certain word.
    pub(crate) Fussing v1 { Word }
}

pub(crate) struct Fussy {
    word: String,
}

#[skep::capability(contract = Fussing)]
impl Fussy {
    #[start]
    async fn open(settings: FussySettings) -> Result<Self, StartError> {
        if settings.word == "wrong" {
            return Err(StartError::new("wrong is a wrong word"));
        }
        Ok(Self {
            word: settings.word,
        })
    }

    #[handle]
    async fn word(&mut self, _: Word) -> String {
        self.word.clone()
    }
}
