#[path = "../parts/hotel.rs"]
mod hotel;

use hotel::{Cancel, Reservations};
use skep::Ref;

async fn cancel(reservations: Ref<Reservations>) {
    let _ = reservations.ask(Cancel { reservation: 1 }).await;
}

fn main() {}
