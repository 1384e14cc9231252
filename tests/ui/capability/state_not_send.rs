#[path = "../parts/hotel.rs"]
mod hotel;

use hotel::{Charge, Payments};
use skep::capability;

use std::rc::Rc;

#[derive(Default)]
struct Desk {
    _cents: Rc<u64>,
}

#[capability(contract = Payments)]
impl Desk {
    #[handle]
    async fn charge(&mut self, _message: Charge) -> u64 {
        0
    }
}

fn main() {}
