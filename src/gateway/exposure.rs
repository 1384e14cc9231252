//! [`Exposure`]: which messages and events a door shows. Resolves `gateway.expose` against what runs here.

use std::collections::BTreeSet;

use crate::config::nearest;
use crate::contract::{EventDescription, MessageDescription};
use crate::runtime::CapabilityInfo;

/// What a door shows: capabilities, and of each the messages and events that may be used from outside.
#[derive(Debug, Clone)]
pub struct Exposure {
    exposed: Vec<Exposed>,
}

/// One capability of which something is exposed.
#[derive(Debug, Clone)]
pub struct Exposed {
    info: CapabilityInfo,
    /// Names of messages and events; what is not named does not exist for whoever asks.
    names: BTreeSet<String>,
}

/// Entries of `gateway.expose` that name nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .mistakes.join("\n"))]
pub struct ExposeError {
    /// One line an entry: what it names, and the name that is probably meant.
    pub mistakes: Vec<String>,
}

impl Exposure {
    /// What the entries of `gateway.expose` select: `*` everything, `reservations` a whole capability,
    /// `reservations.reserve` one message or event. Capabilities keep their order.
    ///
    /// # Errors
    ///
    /// [`ExposeError`] with every entry that names nothing, each with the nearest name.
    pub fn of(entries: &[String], capabilities: Vec<CapabilityInfo>) -> Result<Self, ExposeError> {
        let mut exposed: Vec<Exposed> = capabilities.into_iter().map(Exposed::nothing_of).collect();
        let mut mistakes = Vec::new();
        for entry in entries {
            if !select(entry, &mut exposed) {
                mistakes.push(mistake(entry, &exposed));
            }
        }
        if !mistakes.is_empty() {
            return Err(ExposeError { mistakes });
        }
        exposed.retain(|exposed| !exposed.names.is_empty());
        Ok(Self { exposed })
    }

    /// Everything that runs here.
    #[must_use]
    pub fn all(capabilities: Vec<CapabilityInfo>) -> Self {
        let mut exposed: Vec<Exposed> = capabilities.into_iter().map(Exposed::nothing_of).collect();
        exposed.iter_mut().for_each(Exposed::select_all);
        Self { exposed }
    }

    /// The capabilities of which something is exposed, in the order in which the runtime hosts them.
    pub fn iter(&self) -> std::slice::Iter<'_, Exposed> {
        self.exposed.iter()
    }

    /// A capability of which something is exposed.
    #[must_use]
    pub fn capability(&self, name: &str) -> Option<&Exposed> {
        self.iter().find(|exposed| exposed.info.name == name)
    }

    /// An exposed message with its capability.
    #[must_use]
    pub fn message(
        &self,
        capability: &str,
        message: &str,
    ) -> Option<(&Exposed, &MessageDescription)> {
        let exposed = self.capability(capability)?;
        let found = exposed.messages().find(|known| known.name == message)?;
        Some((exposed, found))
    }

    /// An exposed event with its capability.
    #[must_use]
    pub fn event(&self, capability: &str, event: &str) -> Option<(&Exposed, &EventDescription)> {
        let exposed = self.capability(capability)?;
        let found = exposed.events().find(|known| known.name == event)?;
        Some((exposed, found))
    }
}

impl<'a> IntoIterator for &'a Exposure {
    type Item = &'a Exposed;
    type IntoIter = std::slice::Iter<'a, Exposed>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Exposed {
    const fn nothing_of(info: CapabilityInfo) -> Self {
        Self {
            info,
            names: BTreeSet::new(),
        }
    }

    fn known_names(&self) -> impl Iterator<Item = &str> {
        let contract = &self.info.contract;
        let messages = contract
            .messages
            .iter()
            .map(|message| message.name.as_str());
        messages.chain(contract.events.iter().map(|event| event.name.as_str()))
    }

    fn select_all(&mut self) {
        self.names = self.known_names().map(str::to_owned).collect();
    }

    /// The capability, with its whole contract: also what of it is not exposed.
    #[must_use]
    pub const fn info(&self) -> &CapabilityInfo {
        &self.info
    }

    /// The messages that are exposed, in the order of the contract.
    pub fn messages(&self) -> impl Iterator<Item = &MessageDescription> {
        let messages = self.info.contract.messages.iter();
        messages.filter(|message| self.names.contains(&message.name))
    }

    /// The events that are exposed, in the order of the contract.
    pub fn events(&self) -> impl Iterator<Item = &EventDescription> {
        let events = self.info.contract.events.iter();
        events.filter(|event| self.names.contains(&event.name))
    }
}

/// Selects what an entry names; false when it names nothing. A capability without messages and events is named all the
/// same: it only shows nothing.
fn select(entry: &str, exposed: &mut [Exposed]) -> bool {
    if entry == "*" {
        exposed.iter_mut().for_each(Exposed::select_all);
        return true;
    }
    let (capability, name) = match entry.split_once('.') {
        Some((capability, name)) => (capability, Some(name)),
        None => (entry, None),
    };
    let Some(found) = exposed
        .iter_mut()
        .find(|exposed| exposed.info.name == capability)
    else {
        return false;
    };
    match name {
        None => found.select_all(),
        Some(name) if found.known_names().any(|known| known == name) => {
            found.names.insert(name.to_owned());
        }
        Some(_) => return false,
    }
    true
}

fn mistake(entry: &str, exposed: &[Exposed]) -> String {
    let whole = exposed.iter().map(|exposed| exposed.info.name.clone());
    let parts = exposed.iter().flat_map(|exposed| {
        let names = exposed.known_names();
        names.map(|name| format!("{}.{name}", exposed.info.name))
    });
    let known: Vec<String> = whole.chain(parts).collect();
    // A capability is not near to one of its own messages, however short the message's name is.
    let alike = known
        .iter()
        .filter(|known| known.contains('.') == entry.contains('.'));
    let hint = match nearest(entry, alike.map(String::as_str)) {
        Some(near) => format!("did you mean {near:?}?"),
        None => {
            let names: Vec<&str> = exposed
                .iter()
                .map(|exposed| exposed.info.name.as_str())
                .collect();
            format!(
                "there are {}, their messages and events as \"capability.name\", and \"*\"",
                names.join(", ")
            )
        }
    };
    format!("gateway.expose names {entry:?}, and nothing here is called so: {hint}")
}
