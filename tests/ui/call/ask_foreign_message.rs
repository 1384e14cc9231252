#[path = "../parts/hotel.rs"]
mod hotel;

use hotel::{Cancel, Payments};
use skep::Ref;

async fn cancel(payments: Ref<Payments>) {
    let _ = payments.ask(Cancel { reservation: 1 }).await;
}

fn main() {}
