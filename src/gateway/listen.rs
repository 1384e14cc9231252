//! Takes the ports that the doors listen on.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::ops::RangeInclusive;

use super::error::DoorError;

/// What is tried for the API when nobody says where it listens.
const PORTS: RangeInclusive<u16> = 4080..=4099;

/// Takes the port that a key names.
pub(super) fn named(key: &'static str, listen: &str) -> Result<TcpListener, DoorError> {
    let addresses = resolve(key, listen)?;
    TcpListener::bind(&addresses[..]).map_err(|source| {
        let listen = listen.to_owned();
        if source.kind() == io::ErrorKind::AddrInUse {
            DoorError::InUse { key, listen }
        } else {
            DoorError::Refused {
                key,
                listen,
                source,
            }
        }
    })
}

/// Takes the port of the operator's door, which other machines must not reach.
pub(super) fn loopback(listen: &str) -> Result<TcpListener, DoorError> {
    let addresses = resolve("admin.listen", listen)?;
    if addresses.iter().all(|address| address.ip().is_loopback()) {
        named("admin.listen", listen)
    } else {
        Err(DoorError::NotLoopback {
            listen: listen.to_owned(),
        })
    }
}

/// Takes the next free port of those that are meant for the API.
pub(super) fn next_free() -> Result<TcpListener, DoorError> {
    for port in PORTS {
        match named("gateway.listen", &format!("127.0.0.1:{port}")) {
            Err(DoorError::InUse { .. }) => {}
            taken => return taken,
        }
    }
    Err(DoorError::NoFreePort)
}

fn resolve(key: &'static str, listen: &str) -> Result<Vec<SocketAddr>, DoorError> {
    let wrong = |reason: String| DoorError::Address {
        key,
        listen: listen.to_owned(),
        reason,
    };
    let found = listen
        .to_socket_addrs()
        .map_err(|error| wrong(error.to_string()))?;
    let found: Vec<SocketAddr> = found.collect();
    if found.is_empty() {
        return Err(wrong("no address is known for this name".to_owned()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operators_door_is_not_opened_to_other_machines() {
        for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
            assert!(
                matches!(loopback(listen), Err(DoorError::NotLoopback { .. })),
                "{listen}"
            );
        }
        assert!(loopback("127.0.0.1:0").is_ok());
    }

    #[test]
    fn a_port_in_use_is_told_of_with_what_would_be_right() {
        let taken = named("gateway.listen", "127.0.0.1:0").expect("a port");
        let address = taken.local_addr().expect("an address").to_string();
        let error = named("gateway.listen", &address).expect_err("it is in use");
        assert!(error.is_busy());
        let text = error.to_string();
        assert!(
            text.contains(&address) && text.contains("--set gateway.listen=127.0.0.1:0"),
            "{text}"
        );
    }

    #[test]
    fn what_is_no_address_is_told_of_with_its_key() {
        for wrong in ["4080", "127.0.0.1", "127.0.0.1:high", ""] {
            let error = named("gateway.listen", wrong).expect_err("no address");
            assert!(error.is_setting(), "{error}");
            assert!(
                error.to_string().starts_with("gateway.listen is"),
                "{error}"
            );
        }
    }
}
