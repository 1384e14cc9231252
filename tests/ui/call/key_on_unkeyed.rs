#[path = "../parts/hotel.rs"]
mod hotel;

use hotel::{Charge, Payments};
use skep::Ref;

async fn charge(payments: Ref<Payments>) {
    let _ = payments.key("lisbon").ask(Charge { cents: 1 }).await;
}

fn main() {}
