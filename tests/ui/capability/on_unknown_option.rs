#[path = "../parts/hotel.rs"]
mod hotel;

use hotel::{Charge, Payments, Refunded};
use skep::capability;

#[derive(Default)]
struct Desk;

#[capability(contract = Payments)]
impl Desk {
    #[handle]
    async fn charge(&mut self, _message: Charge) -> u64 {
        0
    }

    #[on(everywhere)]
    async fn refunded(&mut self, _event: Refunded) {}
}

fn main() {}
