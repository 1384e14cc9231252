//! The hotel: search, reservations, payments, reports and notifications in one application.
