#[path = "../parts/hotel.rs"]
mod hotel;

use hotel::{Cancel, Full, Refunded, Reservations, Reserve};
use skep::capability;

#[derive(Default)]
struct Book;

#[capability(contract = Reservations)]
impl Book {
    #[handle]
    async fn reserve(&mut self, _message: Reserve) -> Result<u64, Full> {
        Ok(1)
    }

    #[handle]
    async fn cancel(&mut self, _message: Cancel) {}

    #[on(broadcast)]
    async fn refunded(&mut self, _event: Refunded) {}
}

fn main() {}
