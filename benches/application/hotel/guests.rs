//! Who the guests are.

use std::collections::HashMap;

use super::ask::{Answer, Failed};
use super::words::{FindGuest, Guest, LogIn, LoggedIn};
use super::{GUESTS, guest_name, password};

/// Knows every guest. Passwords are compared as they are: hashing them would be most of what a log in costs, and the same in every way of running.
#[derive(Debug)]
pub(crate) struct Guests {
    accounts: HashMap<String, (String, Guest)>,
}

impl Default for Guests {
    fn default() -> Self {
        let account = |number| {
            let guest = Guest {
                name: format!("Dr. Guest the {number}th"),
                email: format!("{}@example.org", guest_name(number)),
                card: format!("4000-0000-0000-{number:04}"),
            };
            (guest_name(number), (password(number), guest))
        };
        Self {
            accounts: (0..GUESTS).map(account).collect(),
        }
    }
}

impl<N: Sync> Answer<LogIn, N> for Guests {
    async fn answer(&self, asked: LogIn, _: &N) -> Result<LoggedIn, Failed> {
        let account = self.accounts.get(&asked.guest);
        let opened = account.filter(|(password, _)| *password == asked.password);
        Ok(LoggedIn {
            welcome: opened.is_some(),
            name: opened.map_or_else(String::new, |(_, guest)| guest.name.clone()),
        })
    }
}

impl<N: Sync> Answer<FindGuest, N> for Guests {
    async fn answer(&self, asked: FindGuest, _: &N) -> Result<Guest, Failed> {
        let account = self.accounts.get(&asked.guest);
        Ok(account.map_or_else(Guest::default, |(_, guest)| guest.clone()))
    }
}
