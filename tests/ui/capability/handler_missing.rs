#[path = "../parts/hotel.rs"]
mod hotel;

use hotel::{Full, Reservations, Reserve};
use skep::capability;

#[derive(Default)]
struct Book;

#[capability(contract = Reservations)]
impl Book {
    #[handle]
    async fn reserve(&mut self, _message: Reserve) -> Result<u64, Full> {
        Ok(1)
    }
}

fn main() {}
