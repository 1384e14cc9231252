//! Mail to the guest about everything that happens to a booking.
