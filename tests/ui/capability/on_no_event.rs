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

    #[on]
    async fn charged(&mut self, _event: Charge) {}
}

fn main() {}
