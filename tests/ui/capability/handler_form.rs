#[path = "../parts/hotel.rs"]
mod hotel;

use hotel::{Charge, Payments};
use skep::capability;

#[derive(Default)]
struct Desk;

#[capability(contract = Payments)]
impl Desk {
    #[handle]
    fn charge(&mut self, _message: Charge) -> u64 {
        0
    }

    #[handle]
    async fn charge_nothing(&mut self) {}

    #[handle]
    async fn charge_nobody(_message: Charge) {}

    #[handle]
    async fn charge_all(&mut self, _message: Charge, _and: Charge) {}

    #[handle]
    async fn charge_any<T>(&mut self, _message: T) {}

    #[handle]
    #[every("1h")]
    async fn charge_hourly(&mut self, _message: Charge) {}
}

fn main() {}
