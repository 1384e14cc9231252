#[path = "../parts/hotel.rs"]
mod hotel;

use hotel::{Cancel, Full, Refunded, Reservations, Reserve};
use skep::{Cx, capability};

#[derive(Default)]
struct Book;

#[capability(contract = Reservations)]
impl Book {
    #[handle]
    async fn reserve(&mut self, _message: Reserve) -> Result<u64, Full> {
        Ok(1)
    }

    #[handle]
    async fn cancel(&mut self, _message: Cancel, cx: &mut Cx<Self>) {
        cx.emit(Refunded {
            hotel: "lisbon".to_owned(),
        });
    }
}

fn main() {}
