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

    #[every("1 hour")]
    async fn sweep(&mut self) {}

    #[every("0s")]
    async fn sweep_always(&mut self) {}

    #[every(60)]
    async fn sweep_sometimes(&mut self) {}

    #[every]
    async fn sweep_never(&mut self) {}
}

fn main() {}
