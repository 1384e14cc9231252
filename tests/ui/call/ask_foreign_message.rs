#[path = "../parts/hotel.rs"]
mod hotel;

use hotel::{Charge, Reservations};
use skep::Ref;

async fn charge(reservations: Ref<Reservations>) {
    let _ = reservations.key("lisbon").ask(Charge { cents: 1 }).await;
}

fn main() {}
