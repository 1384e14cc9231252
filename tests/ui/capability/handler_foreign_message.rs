#[path = "../parts/hotel.rs"]
mod hotel;

use hotel::{Cancel, Charge, Payments};
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
    async fn cancel(&mut self, _message: Cancel) {}
}

fn main() {}
