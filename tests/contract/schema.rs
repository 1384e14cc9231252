//! What a contract says of itself, and the digest of its shape.

use super::hotel::{Clock, FrontDesk, Reservations};
use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};
use skep::{Contract, Description, contract::Digest};

/// The description of `Reservations`, changed as JSON.
fn with_json(change: impl FnOnce(&mut serde_json::Value)) -> Description {
    let mut json = serde_json::json!(Reservations::describe());
    change(&mut json);
    serde_json::from_value(json).expect("a change of shape is still a description")
}

#[test]
fn a_description_says_all_a_foreign_caller_must_know() {
    let json = serde_json::json!(Reservations::describe());
    insta::assert_snapshot!(format!("{json:#}"));
}

#[test]
fn a_contract_without_events_or_without_messages_describes_itself() {
    assert_eq!(FrontDesk::describe().messages.len(), 1);
    assert_eq!(Clock::describe().events[0].name, "struck");
}

/// A digest that changes by itself parts two nodes of one build. If this fails, either the shape of the contract above
/// was changed on purpose, or all digests in the field just moved.
#[test]
fn the_digest_of_a_shape_stays_what_it_is() {
    let digest = Reservations::describe().digest();
    assert_eq!(
        digest.to_string(),
        "e1fa140b2a007110dce8e8cc2677e5d0d5f56c18671ac928efdc8a818c3f1c89"
    );
    assert_eq!(digest.short(), digest.to_string()[..12]);
}

#[test]
fn a_digest_ignores_what_only_explains() {
    let mended = with_json(|json| {
        json["doc"] = "Where, and when.".into();
        json["messages"][0]["doc"] = "".into();
        let request = &mut json["messages"][0]["request"];
        request["title"] = "Booking".into();
        request["description"] = "Book.".into();
        request["properties"]["guest"]["description"] = "The guest.".into();
        request["examples"] = serde_json::json!([{"guest": "Ada", "nights": 2}]);
    });
    assert_eq!(mended.digest(), Reservations::describe().digest());
}

#[test]
fn a_digest_sees_every_change_of_shape() {
    let digest = Reservations::describe().digest();
    let changes: [(&str, serde_json::Value); 6] = [
        ("/version", 2.into()),
        ("/messages/1/idempotent", false.into()),
        (
            "/messages/0/request/properties/nights/type",
            "string".into(),
        ),
        ("/messages/0/request/properties/title", true.into()),
        ("/messages/0/error", serde_json::Value::Null),
        ("/events/0/name", "booked".into()),
    ];
    for (place, value) in changes {
        let changed = with_json(|json| *json.pointer_mut(place).unwrap() = value);
        assert_ne!(changed.digest(), digest, "{place}");
    }
}

/// What `schemars` makes of an enum depends on which variants have a doc comment.
#[test]
fn a_digest_ignores_which_variants_are_documented() {
    #[derive(Serialize, Deserialize, JsonSchema)]
    enum Plain {
        Twin,
        Suite,
        Flat { rooms: u8 },
    }
    #[derive(Serialize, Deserialize, JsonSchema)]
    enum Documented {
        /// Two beds.
        Twin,
        Suite,
        /// With a kitchen.
        Flat {
            rooms: u8,
        },
    }
    #[derive(Serialize, Deserialize, JsonSchema)]
    enum Rooms {
        Twin,
        Suite,
    }
    #[derive(Serialize, Deserialize, JsonSchema)]
    enum DocumentedRooms {
        Twin,
        /// The large one.
        Suite,
    }
    let digest = |schema: schemars::Schema| {
        with_json(|json| json["events"][0]["payload"] = schema.to_value()).digest()
    };
    assert_eq!(digest(schema_for!(Plain)), digest(schema_for!(Documented)));
    assert_eq!(
        digest(schema_for!(Rooms)),
        digest(schema_for!(DocumentedRooms))
    );
    assert_ne!(digest(schema_for!(Rooms)), digest(schema_for!(Plain)));
}

#[test]
fn a_digest_survives_its_text() {
    let digest = Reservations::describe().digest();
    assert_eq!(digest.to_string().parse(), Ok(digest));
    assert_eq!(
        serde_json::from_value::<Digest>(serde_json::json!(digest)).unwrap(),
        digest
    );
    assert!("0".repeat(63).parse::<Digest>().is_err());
    assert!("ö".repeat(32).parse::<Digest>().is_err());
}
