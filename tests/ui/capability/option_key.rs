#[path = "../parts/hotel.rs"]
mod hotel;

use hotel::Charge;
use skep::capability;

#[derive(Default)]
struct Desk;

#[capability(contract = hotel::Payments, key = hotel)]
impl Desk {
    #[handle]
    async fn charge(&mut self, _message: Charge) -> u64 {
        0
    }
}

fn main() {}
