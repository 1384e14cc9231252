//! Nothing is between the capabilities: one calls the other's function.

use crate::hotel::{
    Answer, Ask, Availability, Catalogue, Charge, Failed, FindGuest, FindRooms, Guests, LogIn,
    Near, Notifications, Notify, Payments, Profiles, Question, Quote, Rates, Recommend,
    Recommendations, Reservations, Reserve, Search, every_service,
};

/// All capabilities.
#[derive(Debug, Default)]
pub(crate) struct House {
    catalogue: Catalogue,
    rates: Rates,
    guests: Guests,
    notifications: Notifications,
    payments: Payments,
    reservations: Reservations,
    recommendations: Recommendations,
    search: Search,
}

macro_rules! call {
    ($($service:ident, $name:ident: $($question:ident),+;)*) => {$($(
        impl Ask<$question> for House {
            async fn ask(&self, question: $question) -> Result<<$question as Question>::Answer, Failed> {
                self.$name.answer(question, self).await
            }
        }
    )+)*};
}

every_service!(call);
