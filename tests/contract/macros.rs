//! What the macros write is what a user would have written.

use super::hotel::{
    Cancel, Cancelled, Clock, FindSleepers, FrontDesk, Reservations, Reserve, Ring, RoomReserved,
    Struck,
};
use skep::{Accepts, Contract, Emits, Emitted, Event, Keyed, Message, Never, Unkeyed};
use std::any::TypeId;

fn is_same<A: 'static, B: 'static>() -> bool {
    TypeId::of::<A>() == TypeId::of::<B>()
}

#[test]
fn a_message_is_named_by_its_type_unless_it_says_otherwise() {
    assert_eq!(Reserve::NAME, "reserve");
    assert_eq!(FindSleepers::NAME, "who");
    assert_eq!(RoomReserved::NAME, "room_reserved");
    assert_eq!(Cancelled::NAME, "gone");
}

#[test]
fn a_message_without_options_replies_nothing_refuses_never_and_is_not_repeated() {
    assert!(is_same::<<Cancel as Message>::Reply, ()>());
    assert!(is_same::<<Cancel as Message>::Error, Never>());
    const { assert!(!Cancel::IDEMPOTENT && FindSleepers::IDEMPOTENT) };
}

#[test]
fn a_contract_lists_its_messages_in_order() {
    assert!(is_same::<
        <Reservations as Contract>::Messages,
        (Reserve, (FindSleepers, (Cancel, ()))),
    >());
    assert_eq!(Reservations::NUM_MESSAGES, 3);
    assert_eq!(<Reservations as Accepts<Reserve>>::SLOT, 0);
    assert_eq!(<Reservations as Accepts<Cancel>>::SLOT, 2);
    assert_eq!(<FrontDesk as Accepts<Ring>>::SLOT, 0);
    assert_eq!(Clock::NUM_MESSAGES, 0);
}

#[test]
fn a_contract_has_a_name_a_version_and_perhaps_a_key() {
    assert_eq!(
        (Reservations::NAME, Reservations::VERSION, Reservations::KEY),
        ("reservations", 1, Some("hotel"))
    );
    assert_eq!(
        (FrontDesk::NAME, FrontDesk::VERSION, FrontDesk::KEY),
        ("bell", 12, None)
    );
}

#[test]
fn a_contract_is_keyed_or_not_and_owns_its_events() {
    fn keyed<C: Keyed>() {}
    fn unkeyed<C: Unkeyed>() {}
    fn emits<C: Emits<E>, E: Emitted<By = C>>() {}
    keyed::<Reservations>();
    unkeyed::<FrontDesk>();
    emits::<Reservations, Cancelled>();
    emits::<Clock, Struck>();
}
