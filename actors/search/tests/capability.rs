//! The search beside the books of the hotels, or beside books played by the test.

use reservations::Book;
use reservations_contract::{Availability, AvailabilityError, Reservations};
use search::Finder;
use search_contract::{FindRooms, Search, SearchError};
use skep::testing::{Colony, Fake};
use skep::{AskError, CallError};

fn asked() -> FindRooms {
    FindRooms {
        arrival: "2016-02-01".parse().expect("a day"),
        nights: 2,
        guests: 2,
        max_price: None,
    }
}

#[skep::test]
async fn rooms_of_all_hotels_are_offered(colony: Colony) {
    let runtime = colony.with::<Book>().with::<Finder>().start().await;
    let found = runtime.get::<Search>().ask(asked()).await.expect("offers");
    assert_eq!((found.offers.len(), found.unanswered.len()), (16, 0));
}

#[skep::test]
async fn a_hotel_that_nobody_knows_is_named_beside_the_offers_of_the_others(colony: Colony) {
    let hotels = r#"capabilities.search.settings.hotels=["City Hotel", "Grand Hotel"]"#;
    let runtime = colony
        .with::<Book>()
        .with::<Finder>()
        .set(hotels)
        .start()
        .await;
    let found = runtime.get::<Search>().ask(asked()).await.expect("offers");
    assert_eq!(found.offers.len(), 7);
    assert_eq!(found.unanswered[0].hotel.as_str(), "Grand Hotel");
}

#[skep::test]
async fn when_no_hotel_answers_the_search_is_refused(colony: Colony) {
    let full = Fake::<Reservations>::new().answer(|asked: Availability| {
        Err(AvailabilityError::TooLong {
            nights: asked.stay.nights,
            most: 1,
        })
    });
    let runtime = colony.with::<Finder>().fake(full).start().await;
    let refused = runtime.get::<Search>().ask(asked()).await;
    assert!(
        matches!(
            refused,
            Err(AskError::Domain(SearchError::NoHotelAnswers { .. }))
        ),
        "{refused:?}"
    );
}

#[skep::test]
async fn an_answer_over_the_size_limit_is_told(colony: Colony) {
    let small = "capabilities.search.message_size=1KiB";
    let runtime = colony
        .with::<Book>()
        .with::<Finder>()
        .set(small)
        .start()
        .await;
    let refused = runtime.get::<Search>().ask(asked()).await;
    assert!(
        matches!(refused, Err(AskError::Call(CallError::TooLarge { .. }))),
        "{refused:?}"
    );
}
