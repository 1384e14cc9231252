//! `config`: every key, its value, and where that comes from.

use super::exit::Exit;
use super::session::Session;

pub(super) fn config(session: &Session, as_json: bool) -> Exit {
    let config = match session.config() {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    let effective = config.effective();
    if as_json {
        session.say(&format!("{:#}", effective.to_json()));
    } else {
        session.say(effective.to_table().trim_end());
    }
    Exit::Success
}
