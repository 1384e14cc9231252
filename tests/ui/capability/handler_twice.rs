#[path = "../parts/hotel.rs"]
mod hotel;

use hotel::{Charge, Payments};
use skep::capability;

#[derive(Default)]
struct Desk;

#[capability(contract = Payments)]
impl Desk {
    #[handle]
    async fn charge(&mut self, _message: Charge) -> u64 {
        0
    }

    #[handle]
    async fn charge_again(&mut self, _message: Charge) -> u64 {
        0
    }
}

fn main() {}
