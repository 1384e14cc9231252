#[path = "../parts/hotel.rs"]
mod hotel;

use hotel::{Cancel, Full, Payments, Reservations, Reserve};
use skep::{Cx, capability};

#[derive(Default)]
struct Book;

#[capability(contract = Reservations)]
impl Book {
    #[handle]
    async fn reserve(&mut self, _message: Reserve, cx: &mut Cx<Self>) -> Result<u64, Full> {
        let _payments = cx.to::<Payments>();
        Ok(1)
    }

    #[handle]
    async fn cancel(&mut self, _message: Cancel) {}
}

fn main() {}
