//! What placing promises, told with a small hotel.

mod mistakes;
mod plans;
mod topologies;

use std::fs;

use super::*;
use crate::actor::Kind;
use crate::config::{Config, Problems, Schemas, Sources};

fn part(name: &str, kind: Kind, durable: bool, uses: &[&str], listens: &[(&str, &str)]) -> Part {
    let owned = |name: &&str| (*name).to_owned();
    Part {
        name: name.to_owned(),
        kind,
        durable,
        uses: uses.iter().map(owned).collect(),
        listens: listens
            .iter()
            .map(|(from, event)| (owned(from), owned(event)))
            .collect(),
    }
}

/// A keyed capability that calls a singleton, and two stateless ones of which one listens.
fn hotel() -> Vec<Part> {
    vec![
        part("search", Kind::Stateless, false, &["reservations"], &[]),
        part("reservations", Kind::Keyed, true, &["payments"], &[]),
        part("payments", Kind::Singleton, true, &[], &[]),
        part(
            "reports",
            Kind::Stateless,
            false,
            &[],
            &[("reservations", "reserved")],
        ),
    ]
}

/// The topology of the hotel by this file, which is called `hotel.toml` in what is wrong with it.
fn read(text: &str) -> Result<Topology, Problems> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("hotel.toml");
    fs::write(&file, text).expect("a file");
    let config = Config::load(&Sources::of("hotel").file(file), &Schemas::platform())?;
    Topology::read("hotel", &config, &hotel())
}

/// What is wrong with a file that has a server.
fn refused(nodes: &str) -> String {
    said_of(&format!(
        "nats.servers = [\"nats://127.0.0.1:4222\"]\n{nodes}"
    ))
}

fn said_of(text: &str) -> String {
    let problems = read(text).expect_err("a wrong file");
    let lines = problems.to_string();
    let without_folder = lines.lines().map(|line| match line.split_once("--> ") {
        Some((margin, place)) => {
            let file = place.rsplit('/').next().unwrap_or(place);
            format!("{margin}--> {file}")
        }
        None => line.to_owned(),
    });
    without_folder.collect::<Vec<_>>().join("\n")
}
